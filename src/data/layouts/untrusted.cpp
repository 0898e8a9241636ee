#include "data/layouts/untrusted.h"

#include <algorithm>

#include "core/error.h"

namespace mdd::data::layouts {
namespace {

constexpr std::size_t kMaxNameBytes = 200;
constexpr std::size_t kMaxPathBytes = 4000;
constexpr std::size_t kMaxQuotedBytes = 120;

bool is_control(char letter) {
  const auto value = static_cast<unsigned char>(letter);
  return value < 0x20 || value == 0x7f;
}

bool has_control(std::string_view text) { return std::any_of(text.begin(), text.end(), is_control); }

}  // namespace

std::string in_quotes(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  const bool cut = text.size() > kMaxQuotedBytes;
  std::string out = "\"";
  for (std::size_t i = 0; i < std::min(text.size(), kMaxQuotedBytes); ++i) {
    const auto value = static_cast<unsigned char>(text[i]);
    // U+0080 .. U+009F are control characters too; in UTF-8 they follow a byte 0xc2.
    const bool late_control = i > 0 && static_cast<unsigned char>(text[i - 1]) == 0xc2 && value >= 0x80 && value < 0xa0;
    if (is_control(text[i]) || late_control) {
      out += {'\\', 'x', kDigits[value >> 4], kDigits[value & 15]};
    } else {
      out += text[i];
    }
  }
  return out + (cut ? "...\"" : "\"");
}

std::string checked_name(const std::string& text, const std::string& where, const char* what) {
  const bool bad = text.empty() || text.size() > kMaxNameBytes || text == "." || text == ".." ||
                   text.find_first_of("/\\") != std::string::npos || has_control(text);
  if (bad) {
    fail_data(where, what, "a name of 1 to 200 bytes without slashes and control characters",
              text.empty() ? "nothing" : in_quotes(text));
  }
  return text;
}

std::filesystem::path path_inside(const std::filesystem::path& root, const std::string& text, const std::string& where,
                                  const char* what) {
  if (text.empty()) fail_data(where, what, "a path relative to " + root.string(), "nothing");
  if (text.size() > kMaxPathBytes || has_control(text)) {
    fail_data(where, what, "a path of at most 4000 bytes without control characters", in_quotes(text));
  }
  const std::filesystem::path path = std::filesystem::path(text).lexically_normal();
  if (path.is_absolute() || path.empty() || *path.begin() == "..") {
    fail_data(where, what, "a path below " + root.string() + " and relative to it", in_quotes(text));
  }
  return root / path;
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

}  // namespace mdd::data::layouts
