// For tests: an array in the emulator's device memory, and the launch of a kernel.
#pragma once
#include <algorithm>
#include <vector>

#include "tests/emu/emulator.h"

namespace emu::test {

/// Like all "device" memory of the emulator, readable by the host.
template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(std::size_t count) : count_(count) {
    if (cudaMalloc(&data_, count * sizeof(T)) != cudaSuccess) throw Error("no memory for a test");
  }
  explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) {
    std::copy(values.begin(), values.end(), data_);
  }
  ~DeviceArray() { static_cast<void>(cudaFree(data_)); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  [[nodiscard]] T* data() const { return data_; }
  [[nodiscard]] std::vector<T> values() const { return {data_, data_ + count_}; }
  T& operator[](std::size_t i) const { return data_[i]; }

 private:
  T* data_ = nullptr;
  std::size_t count_;
};

struct Geometry {
  dim3 grid, block;
  std::size_t dynamic_bytes = 0;
  cudaStream_t stream = nullptr;
};

template <class... Parameters, class... Arguments>
cudaError_t launch(const Geometry& geometry, void (*kernel)(Parameters...), Arguments... arguments) {
  cudaLaunchConfig_t config{};
  config.gridDim = geometry.grid;
  config.blockDim = geometry.block;
  config.dynamicSmemBytes = geometry.dynamic_bytes;
  config.stream = geometry.stream;
  return cudaLaunchKernelEx(&config, kernel, arguments...);
}

/// What the launch reports; empty if it works.
template <class... Arguments>
std::string mistake(const Arguments&... arguments) {
  try {
    static_cast<void>(launch(arguments...));
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace emu::test
