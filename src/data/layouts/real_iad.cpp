#include "data/layouts/real_iad.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "data/folder.h"
#include "data/layouts/class_names.h"
#include "data/layouts/json_file.h"
#include "data/layouts/listed_images.h"
#include "data/layouts/untrusted.h"

namespace mdd::data::layouts {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::array kResolutions = {"", "realiad_1024", "realiad_512", "realiad_256", "realiad_raw"};

std::vector<fs::path> json_files(const fs::path& folder) {
  std::vector<fs::path> files = read_folder(folder).others;
  std::erase_if(files, [](const fs::path& path) { return path.extension() != ".json"; });
  return files;
}

bool has_class_folder(const fs::path& json) {
  const fs::path folder = json.parent_path() / json.stem();
  return is_folder(folder / "OK") || is_folder(folder / "NG");
}

/// Reads one class's file.
class ClassFile {
 public:
  ClassFile(const fs::path& root, const fs::path& file) : root_(root), file_(file), json_(read_json(file)) {
    const Json* meta = json_.is_object() ? find(json_, "meta") : nullptr;
    if (meta == nullptr || !meta->is_object()) {
      fail_data(file_.string(), "content", "an object with meta, train and test",
                json_.is_object() ? "meta is " + kind_of(meta) : kind_of(&json_));
    }
    normal_class_ = required_text(*meta, "normal_class", file_.string() + ": meta");
    prefix_ = required_text(*meta, "prefix", file_.string() + ": meta");
    if (!prefix_.empty() && !prefix_.ends_with('/')) prefix_ += '/';
  }

  /// Appends the entries of both splits; returns the folder in which the images were found.
  fs::path read(std::vector<ListedImage>& images) {
    read_split("train", images);
    read_split("test", images);
    return base_;
  }

 private:
  void read_split(const char* split, std::vector<ListedImage>& images) {
    const Json* entries = find(json_, split);
    if (entries == nullptr || !entries->is_array()) {
      fail_data(file_.string(), split, "an array of objects", kind_of(entries));
    }
    for (std::size_t i = 0; i < entries->size(); ++i) {
      const std::string where = file_.string() + ": " + split + " entry " + std::to_string(i + 1);
      const Json& entry = (*entries)[i];
      if (!entry.is_object()) fail_data(where, "entry", "an object", kind_of(&entry));
      append(images, read_entry(entry, where, std::string_view(split) == "train"));
    }
  }

  ListedImage read_entry(const Json& entry, const std::string& where, bool train) {
    ListedImage out;
    out.where = where;
    out.class_name = file_.stem().string();
    out.train = train;
    const std::string kind = required_text(entry, "anomaly_class", where);
    out.label = kind == normal_class_ ? 0 : 1;
    out.defect = out.label == 0 ? "good" : checked_name(kind, where, "anomaly_class");
    out.image = resolve(required_text(entry, "image_path", where), where, "image_path");
    const Json* mask = find(entry, "mask_path");
    if (mask != nullptr && !mask->is_null()) {
      const std::string path = required_text(entry, "mask_path", where);
      if (!path.empty()) out.masks.push_back(resolve(path, where, "mask_path"));
    }
    return out;
  }

  fs::path resolve(const std::string& path, const std::string& where, const char* what) {
    if (base_.empty()) base_ = find_base(path, where, what);
    return path_inside(base_, prefix_ + path, where, what);
  }

  /// Where the first image of the class is.
  [[nodiscard]] fs::path find_base(const std::string& path, const std::string& where, const char* what) const {
    for (const char* resolution : kResolutions) {
      fs::path base = *resolution == '\0' ? root_ : root_ / resolution;
      if (is_file(path_inside(base, prefix_ + path, where, what))) return base;
    }
    fail_data(where, what,
              "the file " + in_quotes(prefix_ + path) + " below " + root_.string() +
                  " or its folders realiad_1024, realiad_512, realiad_256, realiad_raw",
              "nothing");
  }

  fs::path root_, file_;
  Json json_;
  std::string normal_class_, prefix_;
  fs::path base_;
};

}  // namespace

std::vector<fs::path> real_iad_files(const fs::path& root) {
  for (const fs::path& folder : {root / "realiad_jsons", root / "realiad_jsons" / "realiad_jsons"}) {
    std::vector<fs::path> files = json_files(folder);
    if (!files.empty()) return files;
  }
  std::vector<fs::path> files = json_files(root);
  std::erase_if(files, [](const fs::path& file) { return !has_class_folder(file); });
  return files;
}

Dataset read_real_iad(const fs::path& root, const std::vector<std::string>& wanted) {
  std::map<std::string, fs::path> files;
  for (const fs::path& file : real_iad_files(root)) files[file.stem().string()] = file;
  std::vector<std::string> known;
  known.reserve(files.size());
  for (const auto& [name, file] : files) known.push_back(name);
  std::vector<ListedImage> images;
  std::vector<fs::path> bases;
  for (const std::string& name : select_classes(known, wanted, root)) {
    const std::size_t before = images.size();
    fs::path base = ClassFile(root, files[name]).read(images);
    if (images.size() == before) fail_data(files[name].string(), "no image listed", "at least one entry", "none");
    if (std::find(bases.begin(), bases.end(), base) == bases.end()) bases.push_back(std::move(base));
  }
  Dataset dataset = gather(std::move(images), {}, root);
  for (const fs::path& base : bases) {
    if (base != root) dataset.notes.push_back("images from " + base.string());
  }
  return dataset;
}

}  // namespace mdd::data::layouts
