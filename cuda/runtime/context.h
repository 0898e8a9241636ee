// One device and one stream, with what every operation needs from them.
#pragma once
#include <string>
#include <vector>

#include "cuda/runtime/handle.h"
#include "cuda/runtime/staging_ring.h"

namespace mdd::cuda {

class Context {
 public:
  /// Throws Error(kDevice) if there is no such device or it is older than compute capability 8.0.
  explicit Context(int device);
  ~Context();

  [[nodiscard]] cudaStream_t stream() const noexcept { return stream_.get(); }
  [[nodiscard]] int device() const noexcept { return device_; }
  [[nodiscard]] int multiprocessors() const noexcept { return properties_.multiProcessorCount; }
  [[nodiscard]] int architecture() const noexcept { return 10 * properties_.major + properties_.minor; }
  /// "NVIDIA H200, compute capability 9.0, 132 multiprocessors, 139.8 GiB, driver 13.0, runtime 13.0".
  [[nodiscard]] std::string description() const;
  [[nodiscard]] StagingRing& staging() noexcept { return staging_; }

  /// Device memory, 256-byte aligned. Refused while the stream is being recorded: a graph cannot allocate.
  [[nodiscard]] void* allocate(std::size_t bytes);
  void release(void* address) noexcept;
  /// Memory for the intermediate values of one operation. Grows before a recording, never in one; outgrown memory is
  /// kept until the end, because recorded graphs still write to it.
  [[nodiscard]] void* scratch(std::size_t bytes);
  [[nodiscard]] bool recording() const;
  void synchronize();

 private:
  int device_;
  cudaDeviceProp properties_;
  Stream stream_;
  StagingRing staging_;
  std::vector<DeviceMemory> scratch_;  ///< the last one is in use
  std::size_t scratch_bytes_ = 0;
};

}  // namespace mdd::cuda
