// Sorted folder listings that never throw on odd entries: broken links, link loops, files that vanish meanwhile.
#pragma once
#include <filesystem>
#include <vector>

namespace mdd::data {

struct Folder {
  std::vector<std::filesystem::path> images;   ///< files with an extension that we read
  std::vector<std::filesystem::path> folders;  ///< links to folders included
  std::vector<std::filesystem::path> others;   ///< every other entry
};

/// The entries of `path` by kind, each list sorted by name byte by byte, without hidden ones. Empty if `path` is no
/// folder. Throws Error(kData) if it may not be read.
[[nodiscard]] Folder read_folder(const std::filesystem::path& path);

/// Whether there is a folder, respectively a regular file, at the path or behind its link; false if one cannot tell.
[[nodiscard]] bool is_folder(const std::filesystem::path& path) noexcept;
[[nodiscard]] bool is_file(const std::filesystem::path& path) noexcept;

}  // namespace mdd::data
