// Which images a folder holds and what is known about them: class, normal or defect, kind of defect, mask.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mdd::data {

struct Sample {
  std::filesystem::path path;
  int class_index = 0;                        ///< into Dataset::class_names
  int label = 0;                              ///< 0 normal, 1 defect
  std::string defect;                         ///< "good", or the name of the defect's folder
  std::optional<std::filesystem::path> mask;  ///< pixel-wise truth; none for normal images and unannotated defects
};

struct Dataset {
  std::vector<std::string> class_names;  ///< sorted, without repetition
  std::vector<Sample> train;             ///< normal images; sorted by class, then path
  std::vector<Sample> test;              ///< sorted by class, then defect, then path
  std::vector<std::string> warnings;     ///< one line each: what was ignored or is missing
};

struct DatasetOptions {
  std::vector<std::string> classes = {};  ///< only these; empty = all
  bool need_train = false;                ///< every class must have a training image
  bool need_test = false;                 ///< there must be a test image
};

/// Opens a data set in one of these layouts, which may be mixed among the classes of one root:
///  - MVTec AD: root/CLASS/train/good/*, root/CLASS/test/DEFECT/*, root/CLASS/ground_truth/DEFECT/STEM_mask.png (or
///    STEM.png); test/good holds normal images;
///  - plain: root/CLASS/* or root/CLASS/good/*, all normal training images;
///  - root itself is one class folder of either kind; the class is named after it.
/// A class folder with train or test is read as MVTec AD. Files are read by extension (PNG, JPEG, BMP, TGA), not
/// opened; hidden files are passed over, other files counted in a warning. Defects without a mask are counted in one
/// warning a class. The order depends on names alone. Throws Error(kData): no folder, no class, no image
/// where one is needed; Error(kUsage): unknown class asked for.
[[nodiscard]] Dataset open_dataset(const std::filesystem::path& root, const DatasetOptions& options);

/// The image itself, or all images below the folder by extension, sorted; hidden entries are passed over, linked
/// folders are followed once. Throws Error(kData) if there is nothing there or no image below the folder.
[[nodiscard]] std::vector<std::filesystem::path> list_images(const std::filesystem::path& file_or_folder);

}  // namespace mdd::data
