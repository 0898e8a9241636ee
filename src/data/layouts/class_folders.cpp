#include "data/layouts/class_folders.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "data/folder.h"
#include "data/layouts/class_names.h"
#include "data/layouts/mvtec.h"
#include "data/layouts/passed_over.h"

namespace mdd::data::layouts {
namespace {

namespace fs = std::filesystem;

bool is_loco(const fs::path& path) {
  return is_folder(path / "test" / "logical_anomalies") || is_folder(path / "test" / "structural_anomalies");
}

bool is_btad(const fs::path& path) {
  const bool named_ok = is_folder(path / "train/ok") || is_folder(path / "test/ok") || is_folder(path / "test/ko");
  return named_ok && !is_folder(path / "train" / "good");
}

bool is_mvtec(const fs::path& path) { return is_folder(path / "train") || is_folder(path / "test"); }

bool is_plain(const fs::path& path) { return is_folder(path / "good") || !read_folder(path).images.empty(); }

/// kAuto: every layout but kPlain. Images at the root of MVTec's classes do not make it one plain class.
std::optional<Layout> judge_annotated(const fs::path& path, Layout wanted) {
  const bool all = wanted == Layout::kAuto;
  if ((all || wanted == Layout::kMvtec2) && is_folder(path / "test_public")) return Layout::kMvtec2;
  if ((all || wanted == Layout::kLoco) && is_loco(path)) return Layout::kLoco;
  if ((all || wanted == Layout::kBtad) && is_btad(path)) return Layout::kBtad;
  if (wanted == Layout::kMpdd && is_mvtec(path)) return Layout::kMpdd;
  if ((all || wanted == Layout::kMvtec) && is_mvtec(path)) return Layout::kMvtec;
  return std::nullopt;
}

std::optional<Layout> judge(const fs::path& path, Layout wanted) {
  if (const std::optional<Layout> annotated = judge_annotated(path, wanted)) return annotated;
  if ((wanted == Layout::kAuto || wanted == Layout::kPlain) && is_plain(path)) return Layout::kPlain;
  return std::nullopt;
}

void read_plain(const ClassFolder& folder, int class_index, Dataset& dataset, PassedOver& passed_over) {
  const fs::path good = folder.path / "good";
  fs::path images = folder.path;
  if (is_folder(good)) {
    const Folder outer = read_folder(folder.path);
    for (const fs::path& path : outer.folders) {
      if (path.filename() != "good") passed_over.add_folder(path);
    }
    passed_over.add_files(outer.images);
    passed_over.add_files(outer.others);
    images = good;
  }
  for (fs::path& image : read_images(images, passed_over)) {
    dataset.train.push_back({std::move(image), class_index, 0, "good", {}});
  }
}

/// "layout: MVTec AD, 3 classes; plain folders, 1 class"
std::string layout_note(const std::vector<ClassFolder>& classes) {
  std::map<Layout, std::size_t> counts;
  for (const ClassFolder& one : classes) ++counts[one.layout];
  std::string text = "layout: ";
  for (const auto& [layout, count] : counts) {
    text += (text.size() > 8 ? "; " : "") + std::string(layout_title(layout)) + ", ";
    text += counted(count, "class", "classes");
  }
  return text;
}

void note_plain(const std::vector<ClassFolder>& classes, std::vector<std::string>& notes) {
  std::vector<std::string> plain;
  for (const ClassFolder& one : classes) {
    if (one.layout == Layout::kPlain) plain.push_back(one.name);
  }
  if (plain.empty()) return;
  const std::string of = plain.size() == classes.size() ? "" : " of plain folders";
  notes.push_back("no labels: every image" + of + " is taken as normal; class name" +
                  (plain.size() == 1 ? ": " : "s: ") + joined(plain));
}

}  // namespace

ClassFolders find_class_folders(const fs::path& root, Layout layout) {
  if (const std::optional<Layout> own = judge_annotated(root, layout)) {
    return {{{folder_name(root), root, *own}}, {}, {}};
  }
  Folder folder = read_folder(root);
  const auto annotated = [](const fs::path& path) { return judge_annotated(path, Layout::kAuto).has_value(); };
  const bool any_annotated =
      layout == Layout::kAuto && std::any_of(folder.folders.begin(), folder.folders.end(), annotated);
  if (!any_annotated && judge(root, layout) == Layout::kPlain) {
    return {{{folder_name(root), root, Layout::kPlain}}, {}, {}};
  }
  ClassFolders found;
  for (const fs::path& path : folder.folders) {
    if (const std::optional<Layout> one = judge(path, layout)) {
      found.classes.push_back({path.filename().string(), path, *one});
    } else {
      found.other_folders.push_back(path);
    }
  }
  found.other_files = std::move(folder.images);
  found.other_files.insert(found.other_files.end(), folder.others.begin(), folder.others.end());
  return found;
}

Dataset read_class_folders(const fs::path& root, ClassFolders&& folders, const std::vector<std::string>& wanted) {
  std::vector<std::string> known;
  for (const ClassFolder& one : folders.classes) known.push_back(one.name);
  Dataset dataset;
  dataset.class_names = select_classes(known, wanted, root);
  std::erase_if(folders.classes, [&](const ClassFolder& one) {
    return std::find(dataset.class_names.begin(), dataset.class_names.end(), one.name) == dataset.class_names.end();
  });
  PassedOver passed_over;
  for (const fs::path& path : folders.other_folders) passed_over.add_folder(path);
  passed_over.add_files(folders.other_files);
  for (std::size_t i = 0; i < folders.classes.size(); ++i) {
    const ClassFolder& one = folders.classes[i];
    if (one.layout == Layout::kPlain) {
      read_plain(one, static_cast<int>(i), dataset, passed_over);
    } else {
      read_mvtec(one, static_cast<int>(i), dataset, passed_over);
    }
  }
  passed_over.report(dataset.warnings);
  dataset.notes.push_back(layout_note(folders.classes));
  note_plain(folders.classes, dataset.notes);
  return dataset;
}

}  // namespace mdd::data::layouts
