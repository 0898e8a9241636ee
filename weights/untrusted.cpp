#include "weights/untrusted.h"

#include "core/error.h"

namespace mdd::weights {

std::string printable(std::string_view text) {
  constexpr std::size_t kLongest = 160;
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : text.substr(0, kLongest)) {
    const auto code = static_cast<unsigned char>(c);
    if (code >= 0x20 && code < 0x7f) {
      out += c;
    } else {
      out += "\\x";
      out += kDigits[code >> 4];
      out += kDigits[code & 15];
    }
  }
  return text.size() > kLongest ? out + "..." : out;
}

Shape checked_shape(const std::string& where, std::span<const std::int64_t> extents) {
  try {
    return Shape(extents);
  } catch (const Error& error) {
    fail(error.kind(), where + ": " + error.what());
  }
}

std::uint64_t checked_bytes(const std::string& where, const Shape& shape, DType dtype, std::uint64_t limit) {
  const auto elements = static_cast<std::uint64_t>(shape.elements());
  if (elements > limit / size_of(dtype)) {
    fail_data(where, "too large for this file", "at most " + std::to_string(limit) + " bytes",
              "shape " + shape.text() + " of " + std::string(name_of(dtype)));
  }
  return elements * size_of(dtype);
}

}  // namespace mdd::weights
