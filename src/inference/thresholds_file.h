// thresholds.json: per class, the scores of normal images that the model did not learn from, and the colour scale of
// its heat maps (spec S8).
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "eval/thresholds.h"

namespace mdd {

struct Thresholds {
  std::vector<std::string> class_names;
  std::vector<eval::Calibration> calibrations;  ///< one a class
};

[[nodiscard]] std::string to_json(const Thresholds& thresholds);
void write_thresholds(const std::filesystem::path& path, const Thresholds& thresholds);
/// A file without scales gets the ones that its scores give. Throws Error(kData) if the file is missing, malformed, or
/// names other classes.
[[nodiscard]] Thresholds read_thresholds(const std::filesystem::path& path,
                                         const std::vector<std::string>& class_names);
/// The same for the text of such a file; `where` starts every message.
[[nodiscard]] Thresholds parse_thresholds(const std::string& where, std::string_view text,
                                          const std::vector<std::string>& class_names);

}  // namespace mdd
