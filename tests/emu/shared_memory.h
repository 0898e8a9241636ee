// Memory of a block: exactly as large as asked for, in an allocation of its own so that an overrun is seen.
#pragma once
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace emu {

class SharedMemory {
 public:
  SharedMemory() = default;
  explicit SharedMemory(std::size_t bytes) : bytes_(bytes) {
    if (::posix_memalign(&data_, kAlignment, bytes) != 0) throw std::bad_alloc();
  }
  SharedMemory(SharedMemory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  SharedMemory& operator=(SharedMemory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~SharedMemory() { std::free(data_); }

  /// All bits set: NaN as a number, -1 as an index.
  void poison() { std::memset(data_, 0xff, bytes_); }
  [[nodiscard]] void* data() const { return data_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  static constexpr std::size_t kAlignment = 128;

  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace emu
