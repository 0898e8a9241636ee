#include "data/layouts/class_names.h"

#include <algorithm>
#include <system_error>

#include "core/error.h"

namespace mdd::data::layouts {

std::vector<std::string> select_classes(const std::vector<std::string>& known, const std::vector<std::string>& wanted,
                                        const std::filesystem::path& root) {
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const std::string& name : wanted) {
    if (has(known, name)) continue;
    fail(ErrorKind::kUsage,
         root.string() + ": unknown class: expected one of " + joined(known) + ", found \"" + name + "\"");
  }
  if (wanted.empty()) return known;
  std::vector<std::string> chosen;
  std::copy_if(known.begin(), known.end(), std::back_inserter(chosen), [&](const auto& n) { return has(wanted, n); });
  return chosen;
}

std::string folder_name(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::path whole = std::filesystem::weakly_canonical(path, error);
  const std::string name = (error ? path : whole).filename().string();
  return name.empty() ? "images" : name;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string counted(std::size_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

}  // namespace mdd::data::layouts
