// thresholds.json: per class, the scores of normal images that the model did not learn from, and the colour scale of
// its heat maps (spec S8).
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "eval/thresholds.h"

namespace mdd {

struct Thresholds {
  std::vector<std::string> class_names;
  std::vector<eval::Calibration> calibrations;  ///< one a class
};

void write_thresholds(const std::filesystem::path& path, const Thresholds& thresholds);
/// A file without scales gets the ones that its scores give. Throws Error(kData) if the file is missing, malformed, or
/// names other classes.
[[nodiscard]] Thresholds read_thresholds(const std::filesystem::path& path,
                                         const std::vector<std::string>& class_names);

}  // namespace mdd
