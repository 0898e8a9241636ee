// VisA as it is distributed: split_csv/1cls.csv beside the class folders.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace mdd::data::layouts {

/// root/split_csv/1cls.csv, the split of the multi-class and one-class protocols. (2cls_*.csv put defects into training
/// and are not read.)
[[nodiscard]] std::filesystem::path visa_index(const std::filesystem::path& root);

/// Reads the index: columns object, split (train, test), label (normal, anomaly), image, mask; paths relative to root.
/// Throws Error(kData).
[[nodiscard]] Dataset read_visa(const std::filesystem::path& root, const std::vector<std::string>& wanted);

}  // namespace mdd::data::layouts
