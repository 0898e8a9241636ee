// What was passed over while reading class folders: counted, and reported once at the end.
#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace mdd::data::layouts {

class PassedOver {
 public:
  void add_files(const std::vector<std::filesystem::path>& paths);
  void add_folder(const std::filesystem::path& path);
  /// A folder of images that is part of the layout and left out on purpose; `what` says why. Empty ones do not count.
  void add_left_out(const std::string& what, const std::filesystem::path& folder);
  /// One warning for each kind of thing.
  void report(std::vector<std::string>& warnings) const;

 private:
  struct LeftOut {
    std::string what;
    std::size_t images = 0, folders = 0;
    std::filesystem::path first;
  };
  std::size_t files_ = 0, folders_ = 0;
  std::filesystem::path first_file_, first_folder_;
  std::vector<LeftOut> left_out_;
};

/// The images of a folder; everything else in it is passed over.
[[nodiscard]] std::vector<std::filesystem::path> read_images(const std::filesystem::path& folder,
                                                             PassedOver& passed_over);

}  // namespace mdd::data::layouts
