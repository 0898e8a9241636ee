// The launcher's side of kernels/channel_threads.cuh: threads that own channels and stride over positions.
#pragma once
#include <bit>

#include "cuda/kernels/channel_threads.cuh"
#include "cuda/runtime/launch.h"

namespace mdd::cuda {

/// A block for `groups` threads along the channels: as many of them side by side as there are, up to a warp.
[[nodiscard]] inline dim3 channel_block(std::int64_t groups) {
  const unsigned x = std::bit_ceil(static_cast<unsigned>(std::clamp<std::int64_t>(groups, 1, 32)));
  return dim3(x, kernels::kChannelThreads / x);
}

/// Blocks that keep a streaming kernel's loads in flight on a device of this size; the kernel strides over the rest.
[[nodiscard]] constexpr std::int64_t streaming_blocks(int multiprocessors) {
  return std::int64_t{16} * multiprocessors;
}

/// Blocks that cover `groups` groups of channels, and positions as far as about `limit` blocks in all reach; the kernel
/// strides over the rest.
[[nodiscard]] inline LaunchGeometry channel_grid(std::int64_t positions, std::int64_t groups, std::int64_t limit) {
  const dim3 block = channel_block(groups);
  const std::int64_t tiles = (groups + block.x - 1) / block.x;
  const std::int64_t rows = (positions + block.y - 1) / block.y;
  const std::int64_t blocks = std::clamp<std::int64_t>(rows, 1, std::max<std::int64_t>(1, limit / tiles));
  return {dim3(static_cast<unsigned>(blocks), static_cast<unsigned>(tiles)), block};
}

}  // namespace mdd::cuda
