// A temporary file that nobody sees: what does not fit in memory goes there and is gone with the process, however that
// ends.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace mdd::eval {

class SpoolFile {
 public:
  /// Creates a file without a name in `folder`; an empty path stands for the system's temporary folder (TMPDIR).
  /// Throws Error(kRuntime) if that is not possible.
  explicit SpoolFile(const std::filesystem::path& folder);
  ~SpoolFile();
  SpoolFile(SpoolFile&& other) noexcept;
  SpoolFile& operator=(SpoolFile&& other) noexcept;

  /// Writes at the end; returns where. Throws Error(kRuntime) with the folder and the reason (disk full).
  std::uint64_t append(std::span<const std::byte> bytes);
  /// Fills `bytes` from `offset` on. Throws Error(kRuntime) if the file does not hold that much or cannot be read.
  void read(std::uint64_t offset, std::span<std::byte> bytes) const;

  /// Bytes appended so far.
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  [[noreturn]] void fail_with(const char* action, std::size_t bytes, int error) const;

  std::filesystem::path folder_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace mdd::eval
