#include "data/dataset.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

#include "core/error.h"
#include "data/folder.h"
#include "data/layouts/detection.h"

namespace mdd::data {
namespace {

namespace fs = std::filesystem;

struct LayoutWords {
  Layout layout;
  const char* name;
  const char* title;
};

constexpr std::array<LayoutWords, 10> kLayouts = {{{Layout::kAuto, "auto", "found out"},
                                                   {Layout::kMvtec, "mvtec", "MVTec AD"},
                                                   {Layout::kMvtec2, "mvtec2", "MVTec AD 2"},
                                                   {Layout::kLoco, "loco", "MVTec LOCO AD"},
                                                   {Layout::kVisa, "visa", "VisA"},
                                                   {Layout::kBtad, "btad", "BTAD"},
                                                   {Layout::kMpdd, "mpdd", "MPDD"},
                                                   {Layout::kRealIad, "real-iad", "Real-IAD"},
                                                   {Layout::kList, "list", "list"},
                                                   {Layout::kPlain, "plain", "plain folders"}}};

const LayoutWords& words_of(Layout layout) noexcept { return kLayouts[static_cast<std::size_t>(layout)]; }

void sort_samples(Dataset& dataset) {
  const auto before = [](const Sample& a, const Sample& b) {
    return std::tie(a.class_index, a.defect, a.path.native()) < std::tie(b.class_index, b.defect, b.path.native());
  };
  std::sort(dataset.train.begin(), dataset.train.end(), before);
  std::sort(dataset.test.begin(), dataset.test.end(), before);
}

void warn_of_missing_masks(Dataset& dataset) {
  std::vector<std::size_t> counts(dataset.class_names.size());
  for (const Sample& sample : dataset.test) {
    if (sample.label != 0 && sample.masks.empty()) ++counts[static_cast<std::size_t>(sample.class_index)];
  }
  std::vector<std::string> warnings;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    warnings.push_back(dataset.class_names[i] + ": defect images without a mask: " + std::to_string(counts[i]) +
                       ", pixel metrics of this class are not defined");
  }
  dataset.warnings.insert(dataset.warnings.begin(), warnings.begin(), warnings.end());
}

void check_needs(const Dataset& dataset, const DatasetOptions& options, const fs::path& data) {
  std::vector<std::size_t> counts(dataset.class_names.size());
  for (const Sample& sample : dataset.train) ++counts[static_cast<std::size_t>(sample.class_index)];
  for (std::size_t i = 0; options.need_train && i < counts.size(); ++i) {
    if (counts[i] == 0) {
      fail_data(data.string(), "class \"" + dataset.class_names[i] + "\" has no training image",
                "normal training images, in MVTec AD's layout in CLASS/train/good", "none");
    }
  }
  if (options.need_test && dataset.test.empty()) {
    fail_data(data.string(), "no test image",
              "test images that are known to be normal or defect, as in CLASS/test/KIND or a list with labels (images "
              "without are for predict)",
              "none");
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

const char* layout_name(Layout layout) noexcept { return words_of(layout).name; }

const char* layout_title(Layout layout) noexcept { return words_of(layout).title; }

std::string layout_names() {
  std::string text;
  for (const LayoutWords& one : kLayouts) text += (text.empty() ? "" : ", ") + std::string(one.name);
  return text;
}

Layout parse_layout(const std::string& option, const std::string& word) {
  for (const LayoutWords& one : kLayouts) {
    if (word == one.name) return one.layout;
  }
  fail(ErrorKind::kUsage, option + ": expected one of " + layout_names() + ", found '" + word + "'");
}

Dataset open_dataset(const fs::path& data, const DatasetOptions& options) {
  Dataset dataset = layouts::read_layout(data, options.format, options.classes);
  sort_samples(dataset);
  warn_of_missing_masks(dataset);
  check_needs(dataset, options, data);
  return dataset;
}

Mask load_truth(const Sample& sample) {
  if (sample.masks.empty()) return {};
  Mask whole = load_mask(sample.masks.front());
  for (std::size_t i = 1; i < sample.masks.size(); ++i) {
    const Mask part = load_mask(sample.masks[i]);
    if (part.height != whole.height || part.width != whole.width) {
      fail_data(sample.masks[i].string(), "masks of one image differ in size",
                std::to_string(whole.width) + " x " + std::to_string(whole.height) + " as in " +
                    sample.masks.front().string(),
                std::to_string(part.width) + " x " + std::to_string(part.height));
    }
    for (std::size_t p = 0; p < whole.pixels.size(); ++p) whole.pixels[p] |= part.pixels[p];
  }
  return whole;
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
