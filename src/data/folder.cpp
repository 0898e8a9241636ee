#include "data/folder.h"

#include <algorithm>
#include <string>
#include <system_error>

#include "core/error.h"
#include "data/image_format.h"

namespace mdd::data {

namespace fs = std::filesystem;

Folder read_folder(const fs::path& path) {
  Folder folder;
  std::error_code error;
  if (!fs::is_directory(path, error)) return folder;
  fs::directory_iterator entry(path, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (entry->path().filename().string().starts_with('.')) continue;
    std::error_code unreadable;  // a link loop is no folder and no file, hence "other"
    if (entry->is_directory(unreadable)) {
      folder.folders.push_back(entry->path());
    } else if (entry->is_regular_file(unreadable) && has_image_extension(entry->path())) {
      folder.images.push_back(entry->path());
    } else {
      folder.others.push_back(entry->path());
    }
  }
  if (error) fail(ErrorKind::kData, "cannot read the folder " + path.string() + ": " + error.message());
  const auto by_name = [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); };
  std::sort(folder.images.begin(), folder.images.end(), by_name);
  std::sort(folder.folders.begin(), folder.folders.end(), by_name);
  std::sort(folder.others.begin(), folder.others.end(), by_name);
  return folder;
}

bool is_folder(const fs::path& path) noexcept {
  std::error_code error;
  return fs::is_directory(path, error);
}

bool is_file(const fs::path& path) noexcept {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

}  // namespace mdd::data
