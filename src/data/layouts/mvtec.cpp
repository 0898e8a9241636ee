#include "data/layouts/mvtec.h"

#include <utility>

#include "data/folder.h"

namespace mdd::data::layouts {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> find_masks(const fs::path& folder, const fs::path& image) {
  const std::string stem = image.stem().string();
  for (const char* ending : {"_mask.png", ".png", "_mask.bmp", ".bmp"}) {
    fs::path candidate = folder / (stem + ending);
    if (is_file(candidate)) return {std::move(candidate)};
  }
  return read_folder(folder / stem).images;
}

/// Reads one class folder into the data set.
class ClassReader {
 public:
  ClassReader(const ClassFolder& folder, int class_index, Dataset& dataset, PassedOver& passed_over)
      : dataset_(dataset),
        passed_over_(passed_over),
        folder_(folder.path),
        class_index_(class_index),
        normal_(folder.layout == Layout::kBtad ? "ok" : "good"),
        test_(folder_ / (folder.layout == Layout::kMvtec2 ? "test_public" : "test")),
        truth_((folder.layout == Layout::kMvtec2 ? test_ : folder_) / "ground_truth") {}

  void read() {
    read_training_images();
    read_test_images();
    passed_over_.add_left_out("validation images left out, neither trained nor tested on",
                              folder_ / "validation" / normal_);
    leave_out_private_tests();
  }

 private:
  void read_training_images() {
    const Folder train = read_folder(folder_ / "train");
    for (const fs::path& path : train.folders) {
      if (path.filename() != normal_) passed_over_.add_folder(path);
    }
    passed_over_.add_files(train.images);
    passed_over_.add_files(train.others);
    for (fs::path& image : read_images(folder_ / "train" / normal_, passed_over_)) {
      dataset_.train.push_back({std::move(image), class_index_, 0, "good", {}});
    }
  }

  void read_test_images() {
    const Folder test = read_folder(test_);
    for (const fs::path& path : test.folders) {
      if (path != truth_) read_kind(path);
    }
    passed_over_.add_files(test.images);
    passed_over_.add_files(test.others);
  }

  void read_kind(const fs::path& path) {
    const std::string kind = path.filename().string();
    const bool normal = kind == normal_;
    for (fs::path& image : read_images(path, passed_over_)) {
      std::vector<fs::path> masks;
      if (!normal) masks = find_masks(truth_ / kind, image);
      dataset_.test.push_back(
          {std::move(image), class_index_, normal ? 0 : 1, normal ? "good" : kind, std::move(masks)});
    }
  }

  void leave_out_private_tests() {
    for (const fs::path& path : read_folder(folder_).folders) {
      if (!path.filename().string().starts_with("test_private")) continue;
      passed_over_.add_left_out("private test images left out, their truth is not public", path);
    }
  }

  Dataset& dataset_;
  PassedOver& passed_over_;
  fs::path folder_;
  int class_index_;
  std::string normal_;
  fs::path test_, truth_;
};

}  // namespace

void read_mvtec(const ClassFolder& folder, int class_index, Dataset& dataset, PassedOver& passed_over) {
  ClassReader(folder, class_index, dataset, passed_over).read();
}

}  // namespace mdd::data::layouts
