// A folder that lasts as long as the object.
#pragma once
#include <filesystem>
#include <stdlib.h>
#include <string>
#include <system_error>

#include "core/error.h"

namespace mdd {

class ScratchFolder {
 public:
  /// A new, empty folder PREFIX-XXXXXX where this machine keeps temporary files. Throws Error(kRuntime).
  explicit ScratchFolder(const std::string& prefix) {
    std::error_code error;
    std::string name = (std::filesystem::temp_directory_path(error) / (prefix + "-XXXXXX")).string();
    if (error || ::mkdtemp(name.data()) == nullptr) {
      fail(ErrorKind::kRuntime, name + ": cannot make a temporary folder");
    }
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace mdd
