// Finds out that results cannot be written before hours are spent on them.
#pragma once
#include <filesystem>

namespace mdd::report {

/// Throws Error(kRuntime) "cannot write PATH: reason" unless a file could be put at `path` now: the folder is there, a
/// file can be made in it, and `path` is no folder. Leaves nothing behind.
void check_file_place(const std::filesystem::path& path);

/// Makes the folder and those above it. Throws Error(kRuntime) naming it if it cannot be made, or no file in it.
void prepare_folder(const std::filesystem::path& folder);

}  // namespace mdd::report
