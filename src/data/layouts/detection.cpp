#include "data/layouts/detection.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "data/folder.h"
#include "data/image_format.h"
#include "data/layouts/class_folders.h"
#include "data/layouts/class_names.h"
#include "data/layouts/image_list.h"
#include "data/layouts/real_iad.h"
#include "data/layouts/visa.h"

namespace mdd::data::layouts {
namespace {

namespace fs = std::filesystem;

/// What a folder must hold to be read as a layout, for messages.
const char* signs_of(Layout layout) {
  switch (layout) {
    case Layout::kMvtec:
    case Layout::kMpdd:
      return "CLASS/train/good/* or CLASS/test/KIND/*";
    case Layout::kMvtec2:
      return "CLASS/test_public/{good,bad}/*";
    case Layout::kLoco:
      return "CLASS/test/logical_anomalies/* or CLASS/test/structural_anomalies/*";
    case Layout::kVisa:
      return "split_csv/1cls.csv";
    case Layout::kBtad:
      return "CLASS/{train,test}/ok/* or CLASS/test/ko/*";
    case Layout::kRealIad:
      return "realiad_jsons/CLASS.json or CLASS.json beside CLASS/OK";
    case Layout::kList:
      return "a CSV or JSON file, list.csv or list.json";
    case Layout::kPlain:
      return "PNG, JPEG, BMP or TGA images or folders of them";
    case Layout::kAuto:
      break;
  }
  return "a known layout";
}

/// Whether the folder has what a layout with an index needs.
bool has_index(const fs::path& folder, Layout layout) {
  switch (layout) {
    case Layout::kList:
      return find_list(folder).has_value();
    case Layout::kVisa:
      return is_file(visa_index(folder));
    case Layout::kRealIad:
      return !real_iad_files(folder).empty();
    default:
      return false;
  }
}

bool is_annotated(const ClassFolder& folder) { return folder.layout != Layout::kPlain; }

/// Every layout that a folder could be, an annotated one before a plain one.
std::vector<Layout> candidates(const fs::path& folder) {
  std::vector<Layout> found;
  for (const Layout layout : {Layout::kList, Layout::kVisa, Layout::kRealIad}) {
    if (has_index(folder, layout)) found.push_back(layout);
  }
  const std::vector<ClassFolder> classes = find_class_folders(folder, Layout::kAuto).classes;
  const auto annotated = std::find_if(classes.begin(), classes.end(), is_annotated);
  if (annotated != classes.end()) {
    found.push_back(annotated->layout);
  } else if (!classes.empty() && found.empty()) {
    found.push_back(Layout::kPlain);
  }
  return found;
}

std::string titles(const std::vector<Layout>& layouts) {
  std::vector<std::string> names;
  names.reserve(layouts.size());
  for (const Layout layout : layouts) names.emplace_back(layout_title(layout));
  return joined(names);
}

[[noreturn]] void fail_no_layout(const fs::path& folder) {
  fail_data(folder.string(), "no class found",
            std::string(signs_of(Layout::kMvtec)) + ", " + signs_of(Layout::kMvtec2) + ", " + signs_of(Layout::kBtad) +
                ", " + signs_of(Layout::kVisa) + ", " + signs_of(Layout::kRealIad) + ", " + signs_of(Layout::kList) +
                " or " + signs_of(Layout::kPlain),
            "none of them");
}

[[noreturn]] void fail_insisted(const fs::path& data, Layout layout, const std::string& found) {
  fail_data(data.string(), std::string("not the layout that --format ") + layout_name(layout) + " asks for",
            signs_of(layout), found);
}

Dataset read_file(const fs::path& file, Layout layout, const std::vector<std::string>& wanted) {
  const bool list = is_list(file), image = has_image_extension(file);
  if (!list && !image && layout == Layout::kAuto) {
    fail_data(file.string(), "cannot open the data set", "a folder, a list (.csv, .json) or an image", "a file");
  }
  if (list && (layout == Layout::kAuto || layout == Layout::kList)) {
    Dataset dataset = read_list(file, wanted);
    dataset.notes.insert(dataset.notes.begin(),
                         "layout: list, " + counted(dataset.class_names.size(), "class", "classes"));
    return dataset;
  }
  if (!image || (layout != Layout::kAuto && layout != Layout::kPlain)) fail_insisted(file, layout, "a file");
  Dataset dataset;
  const std::string name = file.stem().string();
  dataset.class_names = select_classes({name}, wanted, file);
  dataset.train.push_back({file, 0, 0, "good", {}});
  dataset.notes = {"layout: one image", "no labels: the image is taken as normal; class name: " + name};
  return dataset;
}

Dataset read_indexed(const fs::path& folder, Layout layout, const std::vector<std::string>& wanted) {
  if (layout == Layout::kList) return read_file(*find_list(folder), layout, wanted);
  Dataset dataset = layout == Layout::kVisa ? read_visa(folder, wanted) : read_real_iad(folder, wanted);
  dataset.notes.insert(dataset.notes.begin(), std::string("layout: ") + layout_title(layout) + ", " +
                                                  counted(dataset.class_names.size(), "class", "classes"));
  return dataset;
}

Dataset read_folders(const fs::path& folder, Layout layout, const std::vector<std::string>& wanted) {
  ClassFolders found = find_class_folders(folder, layout);
  if (found.classes.empty()) {
    const std::vector<Layout> others = candidates(folder);
    fail_insisted(folder, layout, others.empty() ? "no known layout" : titles(others));
  }
  return read_class_folders(folder, std::move(found), wanted);
}

}  // namespace

Dataset read_layout(const fs::path& data, Layout layout, const std::vector<std::string>& wanted) {
  if (is_file(data)) return read_file(data, layout, wanted);
  if (!is_folder(data)) {
    fail_data(data.string(), "cannot open the data set", "a folder, a list (.csv, .json) or an image", "nothing");
  }
  const bool any = layout == Layout::kAuto;
  if (any) {
    const std::vector<Layout> found = candidates(data);
    if (found.empty()) fail_no_layout(data);
    if (found.size() > 1) {
      fail_data(data.string(), "more than one layout", "one, or --format to choose", titles(found));
    }
    layout = found.front();
  }
  const bool indexed = layout == Layout::kList || layout == Layout::kVisa || layout == Layout::kRealIad;
  if (!indexed) return read_folders(data, any ? Layout::kAuto : layout, wanted);
  if (!has_index(data, layout)) {
    const std::vector<Layout> others = candidates(data);
    fail_insisted(data, layout, others.empty() ? "no known layout" : titles(others));
  }
  return read_indexed(data, layout, wanted);
}

}  // namespace mdd::data::layouts
