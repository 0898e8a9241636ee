// The layout "list": a CSV or JSON file that names the images, for data in no other layout.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace mdd::data::layouts {

/// Whether the extension says that a file is a list: csv or json.
[[nodiscard]] bool is_list(const std::filesystem::path& file);

/// list.csv or list.json in the folder; none if neither is there. Throws Error(kData) if both are.
[[nodiscard]] std::optional<std::filesystem::path> find_list(const std::filesystem::path& folder);

/// Reads a list. A CSV file has a header; a JSON file is an array of objects. Columns, respectively keys:
///  - image (required): path relative to the file's folder;
///  - class: none = all images are one class, named after the folder;
///  - split: train or test; none = normal images train, others test;
///  - label: normal, good, ok or 0; defect, anomaly, bad or 1 (kind "defect"); any other word is a defect of that kind.
///    JSON may hold 0, 1 or a boolean. No such column = images with a mask are defects, all others normal. Empty =
///    normal for a training image, an error elsewhere;
///  - mask: path relative to the file's folder, empty or null for none; JSON may hold an array of paths.
/// What is assumed for a missing column, and which columns are not used, stands in the notes. Throws Error(kData).
[[nodiscard]] Dataset read_list(const std::filesystem::path& file, const std::vector<std::string>& wanted);

}  // namespace mdd::data::layouts
