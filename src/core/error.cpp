#include "core/error.h"

namespace mdd {

int exit_code(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::kRuntime:
      return 1;
    case ErrorKind::kUsage:
      return 2;
    case ErrorKind::kData:
      return 3;
    case ErrorKind::kDevice:
      return 4;
    case ErrorKind::kBarNotMet:
      return 5;
    case ErrorKind::kInterrupted:
      return 130;
  }
  return 1;
}

std::string one_line(std::string_view text) {
  constexpr std::size_t kMostBytes = 4000;
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (out.size() > kMostBytes) return out + "...";
    const auto value = static_cast<unsigned char>(text[i]);
    const bool late_control = i > 0 && text[i - 1] == '\xc2' && value >= 0x80 && value < 0xa0;
    if (value < 0x20 || value == 0x7f || late_control) {
      out += {'\\', 'x', kDigits[value >> 4], kDigits[value & 15]};
    } else {
      out += text[i];
    }
  }
  return out;
}

void fail(ErrorKind kind, const std::string& text) { throw Error(kind, text); }

void fail_data(const std::string& where, const std::string& what, const std::string& expected,
               const std::string& found) {
  fail(ErrorKind::kData, where + ": " + what + ": expected " + expected + ", found " + found);
}

}  // namespace mdd
