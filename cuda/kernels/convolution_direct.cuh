// Convolution by its definition, for problems that the library has no engine for: any size, any alignment.
//
//   forward           y[n,p,q,k]  = sum_{r,s,c} x[n, p*stride - padding + r, q*stride - padding + s, c] * w[k,r,s,c]
//   backward data     dx[n,h,w,c] = sum over r,s,k and the p,q with p*stride - padding + r = h (q alike) of
//                                   dy[n,p,q,k] * w[k,r,s,c]
//   backward weights  dw[k,r,s,c] = sum_{n,p,q} dy[n,p,q,k] * x[n, p*stride - padding + r, q*stride - padding + s, c]
//
// Layout  x: [N,H,W,C], w: [K,R,R,C], y: [N,P,Q,K], T = float | half | bfloat16; dw: float.
// Cost    2 N P Q K R^2 C flop; the reuse of operands is left to the caches, so arithmetic units mostly wait: the
//         library is one to two orders of magnitude faster.
// Design  Clarity first. Forward and backward data: one thread an output element, a warp along the output's
//         channels, so that one operand is the same for all of a warp. Backward weights: a block adds 32 x kFilters
//         elements of dw over all positions, in a fixed order. Sums are f32, first over one filter tap (or one row
//         of positions), then over these: short sums of short sums lose fewer digits than a long one.
#pragma once
#include "column_sums.cuh"
#include "floats.cuh"

namespace mdd::kernels {

struct DirectConvolution {
  int kernel, stride, padding;
  int images;
  int height, width, channels;         ///< of x
  int out_height, out_width, filters;  ///< of y
};

/// Threads own a filter and stride over the positions of y.
template <class T>
__global__ void __launch_bounds__(kChannelThreads)
    convolution_forward(const T* __restrict__ x, const T* __restrict__ w, T* __restrict__ y, DirectConvolution g) {
  const int k = own_channel<1>();
  if (k >= g.filters) return;
  const T* filter = w + static_cast<std::int64_t>(k) * g.kernel * g.kernel * g.channels;
  const std::int64_t positions = static_cast<std::int64_t>(g.images) * g.out_height * g.out_width;
  for (std::int64_t position = first_position(); position < positions; position += position_stride()) {
    const std::int64_t row = position / g.out_width;
    const int top = static_cast<int>(row % g.out_height) * g.stride - g.padding;
    const int left = static_cast<int>(position % g.out_width) * g.stride - g.padding;
    const T* image = x + row / g.out_height * g.height * g.width * g.channels;
    float sum = 0.0f;
    for (int tap = 0; tap < g.kernel * g.kernel; ++tap) {
      const int h = top + tap / g.kernel, column = left + tap % g.kernel;
      if (h < 0 || h >= g.height || column < 0 || column >= g.width) continue;
      const T* values = image + (static_cast<std::int64_t>(h) * g.width + column) * g.channels;
      const T* weights = filter + static_cast<std::int64_t>(tap) * g.channels;
      float of_tap = 0.0f;
      for (int c = 0; c < g.channels; ++c) of_tap += to_float(values[c]) * to_float(weights[c]);
      sum += of_tap;
    }
    y[position * g.filters + k] = from_float<T>(sum);
  }
}

/// Threads own a channel of x and stride over its positions.
template <class T>
__global__ void __launch_bounds__(kChannelThreads)
    convolution_backward_data(const T* __restrict__ dy, const T* __restrict__ w, T* __restrict__ dx,
                              DirectConvolution g) {
  const int c = own_channel<1>();
  if (c >= g.channels) return;
  const std::int64_t filter_size = static_cast<std::int64_t>(g.kernel) * g.kernel * g.channels;
  const std::int64_t positions = static_cast<std::int64_t>(g.images) * g.height * g.width;
  for (std::int64_t position = first_position(); position < positions; position += position_stride()) {
    const std::int64_t row = position / g.width;
    const int bottom = static_cast<int>(row % g.height) + g.padding;
    const int right = static_cast<int>(position % g.width) + g.padding;
    const T* image = dy + row / g.height * g.out_height * g.out_width * g.filters;
    float sum = 0.0f;
    for (int tap = 0; tap < g.kernel * g.kernel; ++tap) {
      // p * stride and q * stride of the output that reads this element through this tap, if there is one.
      const int down = bottom - tap / g.kernel, across = right - tap % g.kernel;
      if (down < 0 || across < 0 || down % g.stride != 0 || across % g.stride != 0) continue;
      const int p = down / g.stride, q = across / g.stride;
      if (p >= g.out_height || q >= g.out_width) continue;
      const T* upstream = image + (static_cast<std::int64_t>(p) * g.out_width + q) * g.filters;
      const T* weights = w + static_cast<std::int64_t>(tap) * g.channels + c;
      float of_tap = 0.0f;
      for (int k = 0; k < g.filters; ++k) of_tap += to_float(upstream[k]) * to_float(weights[k * filter_size]);
      sum += of_tap;
    }
    dx[position * g.channels + c] = from_float<T>(sum);
  }
}

/// grid (1, elements of a filter / 32, filters / kFilters), block (32, 8): elements (r,s,c) x rows of positions. The x
/// that a block reads serves kFilters filters; the order of the sums does not depend on their number.
template <class T, int kFilters>
__global__ void __launch_bounds__(kChannelThreads)
    convolution_backward_weights(const T* __restrict__ x, const T* __restrict__ dy, float* __restrict__ dw,
                                 DirectConvolution g) {
  const int elements = g.kernel * g.kernel * g.channels;
  const int element = own_channel<1>();
  const int tap = element / g.channels, c = element % g.channels;
  const int first_filter = static_cast<int>(blockIdx.z) * kFilters;
  const int filters = min(kFilters, g.filters - first_filter);
  const std::int64_t rows = element < elements ? static_cast<std::int64_t>(g.images) * g.out_height : 0;
  float sum[kFilters] = {};
  for (std::int64_t row = threadIdx.y; row < rows; row += blockDim.y) {
    const int h = static_cast<int>(row % g.out_height) * g.stride - g.padding + tap / g.kernel;
    if (h < 0 || h >= g.height) continue;
    const T* values = x + (row / g.out_height * g.height + h) * g.width * g.channels + c;
    const T* upstream = dy + row * g.out_width * g.filters + first_filter;
    float of_row[kFilters] = {};
    for (int q = 0; q < g.out_width; ++q, upstream += g.filters) {
      const int column = q * g.stride - g.padding + tap % g.kernel;
      if (column < 0 || column >= g.width) continue;
      const float value = to_float(values[static_cast<std::int64_t>(column) * g.channels]);
      for (int i = 0; i < kFilters; ++i) {
        if (i < filters) of_row[i] += value * to_float(upstream[i]);
      }
    }
    for (int i = 0; i < kFilters; ++i) sum[i] += of_row[i];
  }
  column_sums(sum);
  if (threadIdx.y > 0 || element >= elements) return;
  for (int i = 0; i < kFilters; ++i) {
    if (i < filters) dw[static_cast<std::int64_t>(first_filter + i) * elements + element] = sum[i];
  }
}

}  // namespace mdd::kernels
