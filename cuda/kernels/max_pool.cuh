// Maximum over square windows.
//
//   y[n,p,q,c] = max over r,s in [0, kernel) of x[n, p*stride - padding + r, q*stride - padding + s, c],
//   positions outside count as -infinity
//
// Layout  x: [N,H,W,C], y: [N,P,Q,C], T = float | half | bfloat16, aligned to kPack elements.
// Cost    bytes = X + Y: overlapping windows meet in the caches. kernel^2 comparisons an output: memory-bound.
// Design  blockIdx.x is a row of y, threads lie along its columns and channels: a thread divides once, and neighbouring
//         threads read neighbouring channels, 16 bytes at a time. Comparing in float is exact for all three types.
#pragma once
#include "channel_threads.cuh"
#include "floats.cuh"

namespace mdd::kernels {

struct PoolShape {
  int kernel, stride, padding;
  int height, width;          ///< of x
  int out_height, out_width;  ///< of y
  int channels;
};

/// grid (N * P, channel tiles, column tiles).
template <class T, int kPack>
__global__ void __launch_bounds__(kChannelThreads)
    max_pool(const T* __restrict__ x, T* __restrict__ y, PoolShape shape) {
  const int channel = own_channel<kPack>();
  const int q = static_cast<int>(blockIdx.z * blockDim.y + threadIdx.y);
  if (channel >= shape.channels || q >= shape.out_width) return;
  const auto row = static_cast<std::int64_t>(blockIdx.x);
  const std::int64_t n = row / shape.out_height;
  const int top = static_cast<int>(row % shape.out_height) * shape.stride - shape.padding;
  const int left = q * shape.stride - shape.padding;
  float best[kPack];
  for (int i = 0; i < kPack; ++i) best[i] = -INFINITY;
  for (int h = max(top, 0); h < min(top + shape.kernel, shape.height); ++h) {
    for (int w = max(left, 0); w < min(left + shape.kernel, shape.width); ++w) {
      float value[kPack];
      load_floats(value, x + ((n * shape.height + h) * shape.width + w) * shape.channels + channel);
      for (int i = 0; i < kPack; ++i) best[i] = best[i] < value[i] ? value[i] : best[i];
    }
  }
  store_floats(y + (row * shape.out_width + q) * shape.channels + channel, best);
}

}  // namespace mdd::kernels
