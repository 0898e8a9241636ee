// Which images a data set holds and what is known about them: class, normal or defect, kind of defect, masks.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "data/image.h"

namespace mdd::data {

/// How files on disk become samples. layouts/ has one reader a family, whose header says what it looks for:
///  - kMvtec, kMvtec2, kLoco, kBtad, kMpdd: layouts/mvtec.h;
///  - kVisa: layouts/visa.h; kRealIad: layouts/real_iad.h;
///  - kList: a CSV or JSON file, or list.csv or list.json in a folder: layouts/image_list.h;
///  - kPlain: folders of photographs, ROOT/CLASS/* or ROOT/CLASS/good/*, one folder of them, or a single image; all are
///    normal training images.
enum class Layout { kAuto, kMvtec, kMvtec2, kLoco, kVisa, kBtad, kMpdd, kRealIad, kList, kPlain };

/// The words of --format: auto, mvtec, mvtec2, loco, visa, btad, mpdd, real-iad, list, plain.
[[nodiscard]] const char* layout_name(Layout layout) noexcept;
/// As people call it: "MVTec AD".
[[nodiscard]] const char* layout_title(Layout layout) noexcept;
/// All words of layout_name, "auto, mvtec, ...".
[[nodiscard]] std::string layout_names();
/// Throws Error(kUsage), beginning with `option`, for a word that layout_name never gives.
[[nodiscard]] Layout parse_layout(const std::string& option, const std::string& word);

struct Sample {
  std::filesystem::path path;
  int class_index = 0;                       ///< into Dataset::class_names
  int label = 0;                             ///< 0 normal, 1 defect
  std::string defect;                        ///< "good", or the kind of defect
  std::vector<std::filesystem::path> masks;  ///< pixel-wise truth, the union of these; empty = none
};

struct Dataset {
  std::vector<std::string> class_names;  ///< sorted, without repetition
  std::vector<Sample> train;             ///< normal images; sorted by class, then path
  std::vector<Sample> test;              ///< sorted by class, then defect, then path
  std::vector<std::string> warnings;     ///< one line each: what was ignored or is missing
  std::vector<std::string> notes;        ///< one line each: the layout found, what was assumed
};

struct DatasetOptions {
  std::vector<std::string> classes = {};  ///< only these; empty = all
  bool need_train = false;                ///< every class must have a training image
  bool need_test = false;                 ///< there must be a test image
  Layout format = Layout::kAuto;          ///< another one insists on it
};

/// Opens the data set at `data`. kAuto finds the layout out, in this order:
///  1. a file is a list if it ends in .csv or .json, and one plain image if its extension is that of an image;
///  2. a folder with exactly one of these is that: list.csv or list.json; split_csv/1cls.csv (VisA); JSON files in
///     realiad_jsons or beside their class folders (Real-IAD); class folders with train, test or test_public (MVTec AD
///     and its relatives, each class judged by itself, as layouts/class_folders.h says). More than one: an error;
///  3. else class folders of images are plain, and so is a folder of images.
/// Images are not opened; those of folders are found by extension (PNG, JPEG, BMP, TGA). Hidden files are passed over,
/// other files counted in a warning. Defects without a mask are counted in one warning a class. The order depends on
/// names alone. Throws Error(kData): nothing there, no or several layouts, a layout other than the one insisted on, a
/// broken list, no image where one is needed; Error(kUsage): unknown class asked for.
[[nodiscard]] Dataset open_dataset(const std::filesystem::path& data, const DatasetOptions& options);

/// The pixel-wise truth of a sample: the union of its masks; no pixels (0 x 0) if it has none. Throws Error(kData) for
/// a mask that cannot be read and for masks of one image that differ in size.
[[nodiscard]] Mask load_truth(const Sample& sample);

/// The image itself, or all images below the folder by extension, sorted; hidden entries are passed over, linked
/// folders are followed once. Throws Error(kData) if there is nothing there or no image below the folder.
[[nodiscard]] std::vector<std::filesystem::path> list_images(const std::filesystem::path& file_or_folder);

}  // namespace mdd::data
