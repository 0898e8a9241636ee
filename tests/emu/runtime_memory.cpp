// Memory of the runtime API's stand-in: every allocation is a heap block of its own, exactly as large as asked for, so
// that AddressSanitizer sees what runs over it. Copies are checked against the allocations.
#include <cstdlib>
#include <cstring>
#include <functional>

#include "tests/emu/emulator.h"
#include "tests/emu/runtime.h"

namespace {

constexpr std::size_t kDeviceBytes = std::size_t{8} << 30;
constexpr std::size_t kAlignment = 256;

class Heap {
 public:
  explicit Heap(std::size_t limit) : limit_(limit) {}

  cudaError_t allocate(void** address, std::size_t bytes) {
    const std::scoped_lock lock(mutex_);
    *address = nullptr;
    if (bytes == 0) return cudaSuccess;
    if (bytes > limit_ - in_use_) return cudaErrorMemoryAllocation;
    if (::posix_memalign(address, kAlignment, bytes) != 0) return cudaErrorMemoryAllocation;
    std::memset(*address, 0xff, bytes);
    blocks_[*address] = bytes;
    in_use_ += bytes;
    return cudaSuccess;
  }

  cudaError_t release(void* address) {
    const std::scoped_lock lock(mutex_);
    if (address == nullptr) return cudaSuccess;
    const auto block = blocks_.find(address);
    if (block == blocks_.end()) return cudaErrorInvalidValue;
    in_use_ -= block->second;
    blocks_.erase(block);
    std::free(address);
    return cudaSuccess;
  }

  /// Whether all these bytes lie in one allocation.
  bool holds(const void* address, std::size_t bytes) {
    const std::scoped_lock lock(mutex_);
    auto block = blocks_.upper_bound(const_cast<void*>(address));
    if (block == blocks_.begin()) return false;
    --block;
    const auto offset = static_cast<std::size_t>(static_cast<const char*>(address) - static_cast<char*>(block->first));
    return offset <= block->second && bytes <= block->second - offset;
  }

  std::size_t in_use() {
    const std::scoped_lock lock(mutex_);
    return in_use_;
  }

  std::vector<emu::MemoryRange> ranges() {
    const std::scoped_lock lock(mutex_);
    std::vector<emu::MemoryRange> all;
    for (const auto& [address, bytes] : blocks_) all.push_back({address, bytes});
    return all;
  }

 private:
  std::mutex mutex_;
  std::map<void*, std::size_t, std::less<>> blocks_;
  std::size_t limit_, in_use_ = 0;
};

Heap& device_heap() {
  static Heap heap(kDeviceBytes);
  return heap;
}
Heap& pinned_heap() {
  static Heap heap(kDeviceBytes);
  return heap;
}

/// Whether the device's side of a copy is device memory, and its host's side is not.
cudaError_t check_copy(const void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  if (kind == cudaMemcpyDefault || bytes == 0) return cudaSuccess;
  const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  const bool right = device_heap().holds(to, to_device ? bytes : 1) == to_device &&
                     device_heap().holds(from, from_device ? bytes : 1) == from_device;
  return right ? cudaSuccess : cudaErrorInvalidValue;
}

cudaError_t allocate(const char* call, Heap& heap, void** address, std::size_t bytes) {
  return emu::api_call(call, [&] {
    if (const cudaError_t error = emu::refused_by_capture(); error != cudaSuccess) return error;
    return heap.allocate(address, bytes);
  });
}

cudaError_t release(const char* call, Heap& heap, void* address) {
  return emu::api_call_done_anyway(call, [&] {
    if (const cudaError_t error = emu::refused_by_capture(); error != cudaSuccess) return error;
    return heap.release(address);
  });
}

}  // namespace

std::size_t emu::device_bytes_in_use() { return device_heap().in_use(); }
std::vector<emu::MemoryRange> emu::device_allocations() { return device_heap().ranges(); }

cudaError_t cudaMalloc(void** address, std::size_t bytes) {
  return allocate("cudaMalloc", device_heap(), address, bytes);
}
cudaError_t cudaFree(void* address) { return release("cudaFree", device_heap(), address); }
cudaError_t cudaMallocHost(void** address, std::size_t bytes) {
  return allocate("cudaMallocHost", pinned_heap(), address, bytes);
}
cudaError_t cudaFreeHost(void* address) { return release("cudaFreeHost", pinned_heap(), address); }

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  return emu::api_call("cudaMemGetInfo", [&] {
    *total = kDeviceBytes;
    *free = kDeviceBytes - device_heap().in_use();
    return cudaSuccess;
  });
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  return emu::api_call("cudaMemcpyAsync", [&] {
    if (const cudaError_t error = check_copy(to, from, bytes, kind); error != cudaSuccess) return error;
    return emu::enqueue(stream, [=] { std::memmove(to, from, bytes); });
  });
}

cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  return emu::api_call("cudaMemcpy", [&] {
    if (const cudaError_t error = emu::refused_by_capture(); error != cudaSuccess) return error;
    return cudaMemcpyAsync(to, from, bytes, kind, nullptr);
  });
}

cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t stream) {
  return emu::api_call("cudaMemsetAsync", [&] {
    if (bytes > 0 && !device_heap().holds(to, bytes)) return cudaErrorInvalidValue;
    return emu::enqueue(stream, [=] {
      if (bytes > 0) std::memset(to, value, bytes);
    });
  });
}

cudaError_t cudaMemset(void* to, int value, std::size_t bytes) {
  return emu::api_call("cudaMemset", [&] {
    if (const cudaError_t error = emu::refused_by_capture(); error != cudaSuccess) return error;
    return cudaMemsetAsync(to, value, bytes, nullptr);
  });
}
