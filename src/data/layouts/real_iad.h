// Real-IAD: one JSON file a class beside folders of images in one or several resolutions.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace mdd::data::layouts {

/// The JSON files of the classes, sorted: those in root/realiad_jsons or root/realiad_jsons/realiad_jsons; without
/// these, root/CLASS.json beside a folder CLASS with a folder OK or NG. Empty if there are none.
[[nodiscard]] std::vector<std::filesystem::path> real_iad_files(const std::filesystem::path& root);

/// Reads {"meta": {"normal_class", "prefix"}, "train": [entries], "test": [entries]} with entries {"anomaly_class",
/// "image_path", "mask_path"}; the class is called like its file. Images are at ROOT/prefix + image_path, or below
/// ROOT/realiad_1024, realiad_512, realiad_256 or realiad_raw: the first of these that has the class's first image; a
/// note names it. Throws Error(kData).
[[nodiscard]] Dataset read_real_iad(const std::filesystem::path& root, const std::vector<std::string>& wanted);

}  // namespace mdd::data::layouts
