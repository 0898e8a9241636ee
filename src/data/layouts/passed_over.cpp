#include "data/layouts/passed_over.h"

#include <algorithm>
#include <utility>

#include "data/folder.h"
#include "data/layouts/class_names.h"

namespace mdd::data::layouts {

namespace fs = std::filesystem;

void PassedOver::add_files(const std::vector<fs::path>& paths) {
  if (files_ == 0 && !paths.empty()) first_file_ = paths.front();
  files_ += paths.size();
}

void PassedOver::add_folder(const fs::path& path) {
  if (folders_++ == 0) first_folder_ = path;
}

void PassedOver::add_left_out(const std::string& what, const fs::path& folder) {
  const std::size_t images = read_folder(folder).images.size();
  if (images == 0) return;
  auto found = std::find_if(left_out_.begin(), left_out_.end(), [&](const LeftOut& one) { return one.what == what; });
  if (found == left_out_.end()) found = left_out_.insert(found, {what, 0, 0, folder});
  found->images += images;
  ++found->folders;
}

void PassedOver::report(std::vector<std::string>& warnings) const {
  for (const LeftOut& one : left_out_) {
    warnings.push_back(one.what + ": " + counted(one.images, "image", "images") + " in " +
                       counted(one.folders, "folder", "folders") + ", the first is " + one.first.string());
  }
  if (files_ > 0) {
    warnings.push_back("files ignored, not PNG, JPEG, BMP or TGA or not where images belong: " +
                       std::to_string(files_) + ", the first is " + first_file_.string());
  }
  if (folders_ > 0) {
    warnings.push_back("folders ignored, not part of a known layout: " + std::to_string(folders_) + ", the first is " +
                       first_folder_.string());
  }
}

std::vector<fs::path> read_images(const fs::path& path, PassedOver& passed_over) {
  Folder folder = read_folder(path);
  passed_over.add_files(folder.others);
  for (const fs::path& inner : folder.folders) passed_over.add_folder(inner);
  return std::move(folder.images);
}

}  // namespace mdd::data::layouts
