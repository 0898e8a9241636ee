#include "weights/pickle_opcodes.h"

#include <array>
#include <string_view>
#include <utility>

namespace mdd::weights::pickle {

std::string opcode_name(std::uint8_t code) {
  static constexpr std::array<std::pair<std::uint8_t, std::string_view>, 31> kNames = {{{'0', "POP"},
                                                                                        {'1', "POP_MARK"},
                                                                                        {'2', "DUP"},
                                                                                        {'F', "FLOAT"},
                                                                                        {'I', "INT"},
                                                                                        {'L', "LONG"},
                                                                                        {'P', "PERSID"},
                                                                                        {'S', "STRING"},
                                                                                        {'V', "UNICODE"},
                                                                                        {'d', "DICT"},
                                                                                        {'g', "GET"},
                                                                                        {'i', "INST"},
                                                                                        {'l', "LIST"},
                                                                                        {'o', "OBJ"},
                                                                                        {'p', "PUT"},
                                                                                        {'B', "BINBYTES"},
                                                                                        {'C', "SHORT_BINBYTES"},
                                                                                        {0x81, "NEWOBJ"},
                                                                                        {0x82, "EXT1"},
                                                                                        {0x83, "EXT2"},
                                                                                        {0x84, "EXT4"},
                                                                                        {0x8b, "LONG4"},
                                                                                        {0x8d, "BINUNICODE8"},
                                                                                        {0x8e, "BINBYTES8"},
                                                                                        {0x8f, "EMPTY_SET"},
                                                                                        {0x90, "ADDITEMS"},
                                                                                        {0x91, "FROZENSET"},
                                                                                        {0x92, "NEWOBJ_EX"},
                                                                                        {0x96, "BYTEARRAY8"},
                                                                                        {0x97, "NEXT_BUFFER"},
                                                                                        {0x98, "READONLY_BUFFER"}}};
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hexadecimal = std::string("0x") + kDigits[code >> 4] + kDigits[code & 15];
  for (const auto& [known, name] : kNames) {
    if (known == code) return std::string(name) + " (" + hexadecimal + ")";
  }
  return hexadecimal;
}

}  // namespace mdd::weights::pickle
