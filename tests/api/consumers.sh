#!/usr/bin/env bash
# consumers.sh BUILD SOURCE: installs the build into a fresh prefix and uses it as somebody else's project would: C and
# C++, shared and static, through CMake and through pkg-config, and Python's ctypes. All must say the same.
set -euo pipefail
build=$1 source=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
quietly() { "$@" >log 2>&1 || { cat log; exit 1; }; }
fail() { echo "consumers.sh: $*"; exit 1; }
same() { [ "$1" = "$2" ] || fail "$3: expected '$2', found '$1'"; }

# DESTDIR is put before the prefix, and the result may be moved anywhere.
DESTDIR=$folder/staged quietly cmake --install "$build" --prefix /opt/mddnet
mv staged/opt/mddnet prefix
prefix=$folder/prefix
libraries=$(dirname "$(find "$prefix" -name libmddnet.a)")
same "$(find staged -type f | wc -l)" 0 "files outside the prefix"

# What the libraries show.
shared=$libraries/libmddnet.so
same "$(nm -D --defined-only "$shared" | grep -cv ' T mddnet_' || true)" 0 "symbols of libmddnet.so that are not mddnet_*"
declared=$(grep -oE 'mddnet_[a-z_]+\(' "$prefix/include/mddnet.h" | grep -v '_$' | tr -d '(' | sort -u)
for name in $declared; do nm -D --defined-only "$shared" | grep -q " $name\$" || fail "$name is not in libmddnet.so"; done
same "$(nm --defined-only --extern-only "$libraries/libmddnet.a" | grep -E '^[0-9a-f]+ ' | grep -cv ' T mddnet_' || true)" 0 \
  "symbols of libmddnet.a that are not mddnet_*"
readelf -d "$shared" | grep -qE 'SONAME.*\[libmddnet\.so\.[0-9.]+\]' || fail "libmddnet.so has no SONAME"
for file in "$shared" "$prefix/bin/mddnet"; do
  if readelf -d "$file" | grep -E 'R(UN)?PATH' | grep -qF "$build"; then fail "$file looks for libraries in the build"; fi
done

# A small model, by the installed program.
program=$prefix/bin/mddnet
quietly "$program" synth --out data --classes 2 --size 64 --train 8 --test-good 1 --test-defect 1 --quiet
quietly "$program" train --data data --out run --encoder tiny_basic --weights random --size 64 --batch 8 --epochs 1
quietly "$program" export --model run --out model
# 64 x 48 pixels of something, from the top.
printf '\0\0\2\0\0\0\0\0\0\0\0\0\x40\0\x30\0\x18\x20' >image.tga
head -c $((64 * 48 * 3)) "$program" >>image.tga
expected=$("$program" predict --model run --lines json --quiet image.tga | grep -oE '"score": ?[0-9.]+' | grep -oE '[0-9.]+')

expect() {  # COMMAND...: prints a line that begins with the program's score, and that equals every other one
  local line
  line=$(LD_LIBRARY_PATH=$libraries "$@") || fail "$* failed"
  awk -v a="${line%% *}" -v b="$expected" 'BEGIN { exit !(a > 0 && (a - b) ^ 2 < 1e-10) }' ||
    fail "$*: expected the score $expected, found '$line'"
  same "${line#* }" "${said:=${line#* }}" "$*"
}

quietly cmake -S "$source/tests/api/consumer" -B cmake -DCMAKE_PREFIX_PATH="$prefix"
quietly cmake --build cmake
for consumer in c_shared c_static cpp_shared cpp_static; do expect "cmake/$consumer" model image.tga; done
if ldd cmake/c_static | grep -q libmddnet; then fail "c_static wants libmddnet.so"; fi

export PKG_CONFIG_PATH=$libraries/pkgconfig
flags() { pkg-config --cflags --libs "$1"; }
consumer=$source/tests/api/consumer/consumer
# shellcheck disable=SC2046  # flags are words
{
  quietly cc -std=c99 -Wall -Wextra -Werror "$consumer.c" -o c_shared $(flags mddnet)
  quietly cc "$consumer.c" -o c_static $(flags mddnet-static)
  quietly c++ -std=c++11 -Wall -Wextra -Werror "$consumer.cpp" -o cpp_shared $(flags mddnet)
  quietly c++ "$consumer.cpp" -o cpp_static $(flags mddnet-static)
}
for file in c_shared c_static cpp_shared cpp_static; do expect "./$file" model image.tga; done
if ldd ./cpp_static | grep -q libmddnet; then fail "cpp_static wants libmddnet.so"; fi

# The README's program.
awk '/^```/ { inside = $0 == "```c"; next } inside' "$source/README.md" >readme.c
# shellcheck disable=SC2046
quietly cc -std=c99 -Wall -Wextra -Werror readme.c -o readme $(flags mddnet)
LD_LIBRARY_PATH=$libraries ./readme model | grep -qE '^(normal|defect), score [0-9.]+$' || fail "the README's program says something else"

if command -v python3 >/dev/null; then
  line=$(python3 "$source/src/api/example.py" "$shared" model image.tga)
  same "${line#* }" "$(cut -d' ' -f1-2 <<<"$said")" "example.py"
fi
echo "consumers: ok"
