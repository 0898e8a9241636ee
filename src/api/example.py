#!/usr/bin/env python3
"""The library from Python, with nothing but ctypes: example.py LIBMDDNET.SO MODEL IMAGE.tga (uncompressed, 24 bits)."""
import ctypes as c
import sys

class Image(c.Structure):
    _fields_ = [("struct_size", c.c_size_t), ("pixels", c.c_char_p), ("width", c.c_int64), ("height", c.c_int64),
                ("stride", c.c_int64), ("format", c.c_int64)]

class Result(c.Structure):  # the first fields; the others of mddnet_result stay unread behind them
    _fields_ = [("struct_size", c.c_size_t), ("score", c.c_float), ("verdict", c.c_int), ("vote", c.c_int64),
                ("class_name", c.c_char_p), ("rest", c.c_byte * 4064)]

lib = c.CDLL(sys.argv[1])
lib.mddnet_error_text.restype = c.c_char_p
lib.mddnet_close.argtypes = lib.mddnet_results_free.argtypes = [c.c_void_p]

def check(status):
    if status != 0:
        sys.exit(f"{status}: {lib.mddnet_error_text().decode()}")

tga = open(sys.argv[3], "rb").read()
width, height = (int.from_bytes(tga[i:i + 2], "little") for i in (12, 14))
image = Image(c.sizeof(Image), tga[18:], width, height, 0, 1)  # MDDNET_BGR8
model, results, result = c.c_void_p(), c.c_void_p(), Result(c.sizeof(Result))
check(lib.mddnet_open(sys.argv[2].encode(), None, c.byref(model)))
check(lib.mddnet_predict(model, c.byref(image), c.c_size_t(1), 0, c.byref(results)))
check(lib.mddnet_results_get(results, c.c_size_t(0), c.byref(result)))
print(f"{result.score:.6f} {result.verdict} {result.class_name.decode()}")
lib.mddnet_results_free(results)
lib.mddnet_close(model)
