// Names of classes: which there are, which are wanted, what a folder is called.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace mdd::data::layouts {

/// Those of `known` (sorted) that are wanted; all if `wanted` is empty. Throws Error(kUsage) for an unknown one.
[[nodiscard]] std::vector<std::string> select_classes(const std::vector<std::string>& known,
                                                      const std::vector<std::string>& wanted,
                                                      const std::filesystem::path& root);

/// The last part of the path, also for "." and for a path that ends in a slash.
[[nodiscard]] std::string folder_name(const std::filesystem::path& path);

/// "a, b, c"
[[nodiscard]] std::string joined(const std::vector<std::string>& names);

/// "1 class", "4 classes"
[[nodiscard]] std::string counted(std::size_t count, const char* one, const char* many);

}  // namespace mdd::data::layouts
