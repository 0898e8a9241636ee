// A file that is read at chosen places and never as a whole.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace mdd::weights {

/// Reads with pread, not mmap: a file that shrinks while it is open gives an error instead of a bus error.
class InputFile {
 public:
  /// Throws Error(kData) "cannot open PATH: reason", also for anything that is not a regular file (folder, pipe).
  explicit InputFile(std::filesystem::path path);
  /// Reads from memory, which outlives this object; `name` stands for the path in messages.
  InputFile(std::filesystem::path name, std::span<const std::byte> content)
      : path_(std::move(name)), memory_(content), size_(content.size()) {}
  ~InputFile();
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// Fills `out` from byte `offset` on. Throws Error(kData) if the file ends before.
  void read(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;  ///< -1: reads from memory_
  std::span<const std::byte> memory_;
  std::uint64_t size_ = 0;
};

}  // namespace mdd::weights
