#include "data/layouts/listed_images.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/error.h"
#include "data/folder.h"
#include "data/layouts/class_names.h"
#include "data/layouts/untrusted.h"

namespace mdd::data::layouts {
namespace {

void check_files(const ListedImage& image) {
  const auto check = [&](const char* what, const std::filesystem::path& path) {
    if (!is_file(path)) fail_data(image.where, what, "the file " + in_quotes(path.string()), "nothing");
  };
  check("image", image.image);
  for (const std::filesystem::path& mask : image.masks) check("mask", mask);
}

/// Something that happened several times and is reported once.
struct Occurrences {
  std::size_t count = 0;
  std::string first;

  void add(const ListedImage& image) {
    if (count++ == 0) first = image.where;
  }
  void report(std::vector<std::string>& warnings, const std::string& what) const {
    if (count > 0) warnings.push_back(what + ": " + std::to_string(count) + ", the first is " + first);
  }
};

}  // namespace

Dataset gather(std::vector<ListedImage> images, const std::vector<std::string>& wanted,
               const std::filesystem::path& source) {
  std::set<std::string> known;
  for (const ListedImage& image : images) known.insert(image.class_name);
  if (known.empty()) fail_data(source.string(), "no image listed", "at least one entry", "none");
  Dataset dataset;
  dataset.class_names = select_classes({known.begin(), known.end()}, wanted, source);
  Occurrences defects, repetitions, leaks;
  std::set<std::filesystem::path> seen_in_train, seen_in_test;
  for (ListedImage& image : images) {
    const auto found = std::lower_bound(dataset.class_names.begin(), dataset.class_names.end(), image.class_name);
    if (found == dataset.class_names.end() || *found != image.class_name) continue;
    check_files(image);
    if (image.train && image.label != 0) {
      defects.add(image);
      continue;
    }
    if (!(image.train ? seen_in_train : seen_in_test).insert(image.image).second) {
      repetitions.add(image);
      continue;
    }
    if ((image.train ? seen_in_test : seen_in_train).contains(image.image)) leaks.add(image);
    if (image.label == 0) image.masks.clear();
    (image.train ? dataset.train : dataset.test)
        .push_back({std::move(image.image), static_cast<int>(found - dataset.class_names.begin()), image.label,
                    std::move(image.defect), std::move(image.masks)});
  }
  defects.report(dataset.warnings, "defect images listed for training, left out");
  repetitions.report(dataset.warnings, "images listed more than once, repetitions left out");
  leaks.report(dataset.warnings, "images listed for training and for testing");
  return dataset;
}

void append(std::vector<ListedImage>& images, ListedImage&& image) {
  if (images.size() == kMaxListedImages) {
    fail_data(image.where, "list", "at most " + std::to_string(kMaxListedImages) + " images", "more");
  }
  images.push_back(std::move(image));
}

}  // namespace mdd::data::layouts
