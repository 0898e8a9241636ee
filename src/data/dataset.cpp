#include "data/dataset.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "data/folder.h"

namespace mdd::data {
namespace {

namespace fs = std::filesystem;

struct ClassFolder {
  std::string name;
  fs::path path;
};

/// What was passed over while reading, reported once at the end.
struct Ignored {
  std::size_t files = 0;
  std::size_t folders = 0;
  fs::path first_file, first_folder;

  void add_files(const std::vector<fs::path>& paths) {
    if (files == 0 && !paths.empty()) first_file = paths.front();
    files += paths.size();
  }
  void add_folder(const fs::path& path) {
    if (folders++ == 0) first_folder = path;
  }
  void report(std::vector<std::string>& warnings) const {
    if (files > 0) {
      warnings.push_back("files ignored, not PNG, JPEG, BMP or TGA or not where images belong: " +
                         std::to_string(files) + ", the first is " + first_file.string());
    }
    if (folders > 0) {
      warnings.push_back("folders ignored, not part of a known layout: " + std::to_string(folders) + ", the first is " +
                         first_folder.string());
    }
  }
};

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

bool has_mvtec_folders(const fs::path& path) { return is_folder(path / "train") || is_folder(path / "test"); }

bool is_plain_class(const fs::path& path) { return is_folder(path / "good") || !read_folder(path).images.empty(); }

/// The last part of the path, also for "." and for a path that ends in a slash.
std::string folder_name(const fs::path& path) {
  std::error_code error;
  const fs::path whole = fs::weakly_canonical(path, error);
  const std::string name = (error ? path : whole).filename().string();
  return name.empty() ? "images" : name;
}

std::string joined(const std::vector<ClassFolder>& classes) {
  std::string text;
  for (const ClassFolder& one : classes) text += (text.empty() ? "" : ", ") + one.name;
  return text;
}

std::vector<ClassFolder> find_classes(const fs::path& root, Ignored& ignored) {
  if (has_mvtec_folders(root)) return {{folder_name(root), root}};
  const Folder folder = read_folder(root);
  const bool any_mvtec = std::any_of(folder.folders.begin(), folder.folders.end(), has_mvtec_folders);
  if (!any_mvtec && is_plain_class(root)) return {{folder_name(root), root}};
  std::vector<ClassFolder> classes;
  for (const fs::path& path : folder.folders) {
    if (has_mvtec_folders(path) || is_plain_class(path)) {
      classes.push_back({path.filename().string(), path});
    } else {
      ignored.add_folder(path);
    }
  }
  ignored.add_files(folder.images);
  ignored.add_files(folder.others);
  if (classes.empty()) {
    fail_data(root.string(), "no class found",
              "CLASS/train/good/*, CLASS/test/DEFECT/* or folders of PNG, JPEG, BMP or TGA images", "none of them");
  }
  return classes;
}

std::vector<ClassFolder> filter_classes(std::vector<ClassFolder> classes, const std::vector<std::string>& wanted,
                                        const fs::path& root) {
  if (wanted.empty()) return classes;
  const auto named = [](const std::string& name) {
    return [&name](const ClassFolder& one) { return one.name == name; };
  };
  for (const std::string& name : wanted) {
    if (std::none_of(classes.begin(), classes.end(), named(name))) {
      fail(ErrorKind::kUsage,
           root.string() + ": unknown class: expected one of " + joined(classes) + ", found \"" + name + "\"");
    }
  }
  std::erase_if(classes, [&](const ClassFolder& one) {
    return std::find(wanted.begin(), wanted.end(), one.name) == wanted.end();
  });
  return classes;
}

std::optional<fs::path> find_mask(const fs::path& folder, const fs::path& image) {
  const std::string stem = image.stem().string();
  for (const char* ending : {"_mask.png", ".png", "_mask.bmp", ".bmp"}) {
    fs::path candidate = folder / (stem + ending);
    if (is_file(candidate)) return candidate;
  }
  return std::nullopt;
}

/// Reads one class folder into the data set.
class ClassReader {
 public:
  ClassReader(Dataset& dataset, Ignored& ignored, const ClassFolder& folder, int class_index)
      : dataset_(dataset), ignored_(ignored), folder_(folder), class_index_(class_index) {}

  void read() {
    if (has_mvtec_folders(folder_.path)) {
      read_mvtec();
    } else {
      read_plain();
    }
  }

 private:
  void read_mvtec() {
    const Folder train = read_folder(folder_.path / "train");
    for (const fs::path& path : train.folders) {
      if (path.filename() != "good") ignored_.add_folder(path);
    }
    ignored_.add_files(train.images);
    ignored_.add_files(train.others);
    add_training_images(folder_.path / "train" / "good");

    const Folder test = read_folder(folder_.path / "test");
    for (const fs::path& path : test.folders) add_test_images(path);
    ignored_.add_files(test.images);
    ignored_.add_files(test.others);
    if (defects_without_mask_ > 0) {
      dataset_.warnings.push_back(folder_.name +
                                  ": defect images without a mask: " + std::to_string(defects_without_mask_) +
                                  ", pixel metrics of this class are not defined");
    }
  }

  void read_plain() {
    const fs::path good = folder_.path / "good";
    if (!is_folder(good)) return add_training_images(folder_.path);
    const Folder folder = read_folder(folder_.path);
    for (const fs::path& path : folder.folders) {
      if (path.filename() != "good") ignored_.add_folder(path);
    }
    ignored_.add_files(folder.images);
    ignored_.add_files(folder.others);
    add_training_images(good);
  }

  void add_training_images(const fs::path& path) {
    for (fs::path& image : read_images(path)) {
      dataset_.train.push_back({std::move(image), class_index_, 0, "good", std::nullopt});
    }
  }

  void add_test_images(const fs::path& path) {
    const std::string defect = path.filename().string();
    const bool normal = defect == "good";
    for (fs::path& image : read_images(path)) {
      std::optional<fs::path> mask;
      if (!normal) {
        mask = find_mask(folder_.path / "ground_truth" / defect, image);
        if (!mask) ++defects_without_mask_;
      }
      dataset_.test.push_back({std::move(image), class_index_, normal ? 0 : 1, defect, std::move(mask)});
    }
  }

  std::vector<fs::path> read_images(const fs::path& path) {
    Folder folder = read_folder(path);
    ignored_.add_files(folder.others);
    for (const fs::path& inner : folder.folders) ignored_.add_folder(inner);
    return std::move(folder.images);
  }

  Dataset& dataset_;
  Ignored& ignored_;
  const ClassFolder& folder_;
  int class_index_;
  std::size_t defects_without_mask_ = 0;
};

void check_needs(const Dataset& dataset, const DatasetOptions& options, const std::vector<ClassFolder>& classes,
                 const fs::path& root) {
  std::vector<std::size_t> counts(classes.size());
  for (const Sample& sample : dataset.train) ++counts[static_cast<std::size_t>(sample.class_index)];
  for (std::size_t i = 0; options.need_train && i < classes.size(); ++i) {
    if (counts[i] == 0) {
      fail_data(classes[i].path.string(), "class \"" + classes[i].name + "\" has no training image",
                "images in train/good", "none");
    }
  }
  if (options.need_test && dataset.test.empty()) {
    fail_data(root.string(), "no test image", "images in CLASS/test/DEFECT", "none");
  }
}

/// Collects depth first; a folder that was seen under another name (links) is not entered again.
void collect_images(const fs::path& path, std::set<fs::path>& seen, std::vector<fs::path>& images) {
  std::error_code error;
  const fs::path whole = fs::canonical(path, error);
  if (error || !seen.insert(whole).second) return;
  Folder folder = read_folder(path);
  std::move(folder.images.begin(), folder.images.end(), std::back_inserter(images));
  for (const fs::path& inner : folder.folders) collect_images(inner, seen, images);
}

}  // namespace

Dataset open_dataset(const fs::path& root, const DatasetOptions& options) {
  if (!is_folder(root))
    fail_data(root.string(), "cannot open the data set", "a folder", is_file(root) ? "a file" : "nothing");
  Dataset dataset;
  Ignored ignored;
  const std::vector<ClassFolder> classes = filter_classes(find_classes(root, ignored), options.classes, root);
  for (std::size_t i = 0; i < classes.size(); ++i) {
    dataset.class_names.push_back(classes[i].name);
    ClassReader(dataset, ignored, classes[i], static_cast<int>(i)).read();
  }
  ignored.report(dataset.warnings);
  check_needs(dataset, options, classes, root);
  return dataset;
}

std::vector<fs::path> list_images(const fs::path& file_or_folder) {
  if (is_file(file_or_folder)) return {file_or_folder};
  if (!is_folder(file_or_folder)) fail_data(file_or_folder.string(), "cannot open", "an image or a folder", "nothing");
  std::vector<fs::path> images;
  std::set<fs::path> seen;
  collect_images(file_or_folder, seen, images);
  if (images.empty()) {
    fail_data(file_or_folder.string(), "no image found", "PNG, JPEG, BMP or TGA files in this folder", "none");
  }
  std::sort(images.begin(), images.end(), [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); });
  return images;
}

}  // namespace mdd::data
