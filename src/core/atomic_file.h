// Files appear whole or not at all: bytes go to a temporary neighbour, are synced to disk, then renamed over the
// target.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace mdd {

/// Receives the bytes of a file in order.
using ByteSink = std::function<void(std::span<const std::byte>)>;

/// Calls `produce` with a sink and makes `path` hold what it wrote. An existing file stays untouched until the new one
/// is complete and synced. Throws Error(kRuntime) "cannot write PATH: reason" (disk full, no permission, missing
/// folder); the temporary file is removed then.
/// A device or pipe (/dev/stdout) is written to as it is.
void write_atomically(const std::filesystem::path& path, const std::function<void(const ByteSink&)>& produce);
void write_atomically(const std::filesystem::path& path, std::string_view text);

/// Puts a whole, synced file in the place of another one in the same file system, and syncs the target's folder. Throws
/// Error(kRuntime) "cannot write TO: reason"; both files are as they were then.
void replace_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// Whether a name is one that write_atomically gives to a file that is not whole yet: what a process that was killed
/// leaves behind.
[[nodiscard]] bool is_temporary_name(const std::filesystem::path& path);

/// The whole file. Throws Error(kData) if it cannot be opened or read, is a folder, or is longer than `limit` bytes.
[[nodiscard]] std::string read_file(const std::filesystem::path& path, std::uint64_t limit);

}  // namespace mdd
