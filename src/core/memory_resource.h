// Where bytes come from. A Backend is one; tests use a host one.
#pragma once
#include <cstddef>

namespace mdd {

class MemoryResource {
 public:
  virtual ~MemoryResource() = default;
  /// `bytes` bytes aligned to 256. Throws Error(kRuntime) "out of memory ..." if there are none.
  [[nodiscard]] virtual void* allocate(std::size_t bytes) = 0;
  virtual void release(void* address) noexcept = 0;
};

/// Owns one allocation of a MemoryResource. Requires that the resource outlives it.
class Buffer {
 public:
  Buffer() = default;
  Buffer(MemoryResource& resource, std::size_t bytes)
      : resource_(&resource), address_(resource.allocate(bytes)), bytes_(bytes) {}
  ~Buffer() { reset(); }
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    swap(other);
    return *this;
  }
  void reset() noexcept {
    if (address_ != nullptr) resource_->release(address_);
    address_ = nullptr;
    bytes_ = 0;
  }
  [[nodiscard]] void* data() const noexcept { return address_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  void swap(Buffer& other) noexcept {
    MemoryResource* resource = resource_;
    void* address = address_;
    const std::size_t bytes = bytes_;
    resource_ = other.resource_;
    address_ = other.address_;
    bytes_ = other.bytes_;
    other.resource_ = resource;
    other.address_ = address;
    other.bytes_ = bytes;
  }
  MemoryResource* resource_ = nullptr;
  void* address_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace mdd
