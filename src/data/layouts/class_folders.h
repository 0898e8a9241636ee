// Layouts in which every class is a folder: MVTec AD and its relatives, and plain folders of photographs.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace mdd::data::layouts {

struct ClassFolder {
  std::string name;
  std::filesystem::path path;
  Layout layout = Layout::kPlain;
};

/// What find_class_folders saw.
struct ClassFolders {
  std::vector<ClassFolder> classes;  ///< sorted by name
  /// Entries of the root that are no class.
  std::vector<std::filesystem::path> other_folders, other_files;
};

/// The class folders below `root`, or `root` itself as one class. kAuto judges each folder: kMvtec2 if it has
/// test_public; else kLoco if it has test/logical_anomalies or test/structural_anomalies; else kBtad if it has
/// train/ok, test/ok or test/ko and no train/good; else kMvtec if it has train or test; else kPlain if it has images or
/// a folder good. Another layout takes the folders that fit it, whatever else they may be. Images directly below root
/// make it one plain class unless a folder below it has train or test.
[[nodiscard]] ClassFolders find_class_folders(const std::filesystem::path& root, Layout layout);

/// Reads the wanted classes (all if `wanted` is empty).
[[nodiscard]] Dataset read_class_folders(const std::filesystem::path& root, ClassFolders&& folders,
                                         const std::vector<std::string>& wanted);

}  // namespace mdd::data::layouts
