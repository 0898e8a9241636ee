// How a kernel is started: one function, checked, the same for the device and for the emulator.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "cuda/runtime/check.h"

namespace mdd::cuda {

struct LaunchGeometry {
  dim3 grid{1};
  dim3 block{1};
  std::size_t shared_bytes = 0;  ///< dynamic shared memory
};

/// Blocks of `threads` for `count` work items, at most `limit` blocks (a grid-stride loop does the rest), at least one.
[[nodiscard]] inline LaunchGeometry grid_stride(std::int64_t count, int threads, std::int64_t limit) {
  const std::int64_t blocks = std::clamp<std::int64_t>((count + threads - 1) / threads, 1, limit);
  return {dim3(static_cast<unsigned>(blocks)), dim3(static_cast<unsigned>(threads))};
}

/// Puts the kernel on the stream. Arguments are converted to the kernel's parameter types.
template <class... Parameters, class... Arguments>
void launch(cudaStream_t stream, const LaunchGeometry& geometry, void (*kernel)(Parameters...),
            Arguments&&... arguments) {
  cudaLaunchConfig_t config{};
  config.gridDim = geometry.grid;
  config.blockDim = geometry.block;
  config.dynamicSmemBytes = geometry.shared_bytes;
  config.stream = stream;
  MDDNET_CUDA(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...));
}

}  // namespace mdd::cuda
