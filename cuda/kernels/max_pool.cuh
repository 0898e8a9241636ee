// Maximum over square windows, and its gradient.
//
//   y[n,p,q,c] = max over r,s in [0, kernel) of x[n, p*stride - padding + r, q*stride - padding + s, c],
//   positions outside count as -infinity
//   dx[n,h,w,c] (+)= sum of dy[n,p,q,c] over the windows whose first maximum, row by row, lies at (h, w)
//
// Layout  x, dx: [N,H,W,C], y, dy: [N,P,Q,C], T = float | half | bfloat16, aligned to kPack elements.
// Cost    bytes = X + Y, and X + Y + dY + dX: overlapping windows meet in the caches. At most kernel^2 comparisons for
//         an output, kernel^2 / 2 for a position and window: memory-bound.
// Design  blockIdx.x is a row of the result, threads lie along its columns and channels: a thread divides once, and
//         neighbouring threads read neighbouring channels, 16 bytes at a time. Comparing in float is exact for all
//         three types. The gradient is gathered: a position looks at the windows over it, in their order, and takes
//         dy where it holds the maximum and no earlier position of the window does. So nothing is added atomically,
//         and no tensor of indices is kept.
#pragma once
#include "channel_threads.cuh"
#include "floats.cuh"
#include "ops/pool_arithmetic.h"
#include "write_pack.cuh"

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

/// share[i] = 0 where a position of the window that begins at (top, left) and that lies before (h, w) holds `best`,
/// too.
template <int kPack, class T>
__device__ inline void yield_to_earlier(float (&share)[kPack], const float (&best)[kPack], const T* plane, int top,
                                        int left, int h, int w, const PoolShape& shape) {
  // Unrolled, these short loops would hold more addresses than registers.
#pragma unroll 1
  for (int row = max(top, 0); row <= h; ++row) {
    const int end = row == h ? w : min(left + shape.kernel, shape.width);
#pragma unroll 1
    for (int column = max(left, 0); column < end; ++column) {
      float earlier[kPack];
      load_floats(earlier, plane + (static_cast<std::int64_t>(row) * shape.width + column) * shape.channels);
      for (int i = 0; i < kPack; ++i) share[i] = earlier[i] == best[i] ? 0.0f : share[i];
    }
  }
}

/// grid (N * H, channel tiles, column tiles).
template <class T, int kPack>
__global__ void __launch_bounds__(kChannelThreads)
    max_pool_gradient(const T* __restrict__ x, const T* __restrict__ y, const T* __restrict__ dy, Destination<T> dx,
                      PoolShape shape) {
  const int channel = own_channel<kPack>();
  const int w = static_cast<int>(blockIdx.z * blockDim.y + threadIdx.y);
  if (channel >= shape.channels || w >= shape.width) return;
  const auto row = static_cast<std::int64_t>(blockIdx.x);
  const std::int64_t n = row / shape.height;
  const int h = static_cast<int>(row % shape.height);
  const T* const plane = x + n * shape.height * shape.width * shape.channels + channel;
  const auto rows = pooling::windows_over(h, shape.kernel, shape.stride, shape.padding, shape.out_height);
  const auto columns = pooling::windows_over(w, shape.kernel, shape.stride, shape.padding, shape.out_width);
  float own[kPack];
  load_floats(own, plane + (static_cast<std::int64_t>(h) * shape.width + w) * shape.channels);
  Pack<float, kPack> sum{};
  for (int p = rows.first; p <= rows.last; ++p) {
    for (int q = columns.first; q <= columns.last; ++q) {
      const std::int64_t at = ((n * shape.out_height + p) * shape.out_width + q) * shape.channels + channel;
      float best[kPack], share[kPack];
      load_floats(best, y + at);
      load_floats(share, dy + at);
      for (int i = 0; i < kPack; ++i) share[i] = own[i] == best[i] ? share[i] : 0.0f;
      yield_to_earlier(share, best, plane, p * shape.stride - shape.padding, q * shape.stride - shape.padding, h, w,
                       shape);
      for (int i = 0; i < kPack; ++i) sum[i] += share[i];
    }
  }
  write_pack<kPack>(dx, (row * shape.width + w) * shape.channels + channel, sum);
}

}  // namespace mdd::kernels
