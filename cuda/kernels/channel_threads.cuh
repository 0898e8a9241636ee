// Which part of a [positions, channels] tensor a thread works on: it owns kPack neighbouring channels for its whole
// life and strides over positions.
//
// So what belongs to a channel (scale, shift, bias, sums) is read once into registers, and no thread divides to find
// its channel. threadIdx.x and blockIdx.y run along the channels, threadIdx.y and blockIdx.x along the positions;
// neighbouring threads hold neighbouring channels, so that a warp's accesses are contiguous, over several positions
// where one position has few channels. The launcher's side is ops/channel_grid.h.
#pragma once
#include <cstdint>

#include "simt.h"

namespace mdd::kernels {

/// Threads of a block in this arrangement; x is a power of two up to 32, y is what remains.
inline constexpr int kChannelThreads = 256;

/// First of the thread's kPack channels; may lie beyond the last channel.
template <int kPack>
__device__ inline int own_channel() {
  return static_cast<int>(blockIdx.y * blockDim.x + threadIdx.x) * kPack;
}
__device__ inline std::int64_t first_position() {
  return static_cast<std::int64_t>(blockIdx.x) * blockDim.y + threadIdx.y;
}
__device__ inline std::int64_t position_stride() { return static_cast<std::int64_t>(gridDim.x) * blockDim.y; }

}  // namespace mdd::kernels
