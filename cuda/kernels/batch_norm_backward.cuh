// Gradients of batch norm in training mode: one pass for the sums over positions, one for the gradients of the inputs.
//
//   g = relu ? dy * [y > 0] : dy                     M positions p, xhat = (x - mean) * inverse_deviation
//   dbeta[c] = sum_p g,  dgamma[c] = sum_p g * xhat
//   dx = gamma * inverse_deviation * (g - dbeta / M - xhat * dgamma / M),   dresidual (+)= g
//
// Layout  x, y, dy, dx, dresidual: [positions, channels] (NHWC flattened), T = float | half | bfloat16, aligned to
// kPack
//         elements; dx may be dy; partial sums: float[channels][slices]; the rest: float[channels].
// Cost    bytes = 2 (X + dY (+ Y)) + dX (+ dresidual, twice if it accumulates); 9 flop an element: memory-bound.
// Design  The sums take the same two stages, and the same slices, as batch_norm_statistics.cuh: threads of a block in
//         f32, then a warp a channel over the slices in f64. g is computed in both passes: it costs one comparison, and
//         keeping it would cost a tensor. y = nullptr: no ReLU; dresidual = nullptr: no residual.
#pragma once
#include "batch_norm_statistics.cuh"

namespace mdd::kernels {

/// g of kPack elements.
template <int kPack, class T>
__device__ inline void load_upstream(float (&g)[kPack], const T* dy, const T* y, std::int64_t at) {
  load_floats(g, dy + at);
  if (y == nullptr) return;
  float out[kPack];
  load_floats(out, y + at);
  for (int i = 0; i < kPack; ++i) g[i] = out[i] > 0.0f ? g[i] : 0.0f;
}

/// First stage, block (slice, channels): slice_sums[c][slice] = sum g, slice_products[c][slice] = sum g (x - mean).
template <class T, int kPack>
__global__ void __launch_bounds__(kChannelThreads, kSliceBlocks)
    batch_norm_gradient_slices(const T* __restrict__ x, const T* __restrict__ y, const T* __restrict__ dy,
                               const float* __restrict__ mean, PositionSlices slices, int channels,
                               float* __restrict__ slice_sums, float* __restrict__ slice_products) {
  const int channel = own_channel<kPack>();
  const int slice = static_cast<int>(blockIdx.x);
  const std::int64_t end = slices.end(slice);
  float sums[kPack] = {}, products[kPack] = {};
  if (channel < channels) {
    float centre[kPack];
    for (int i = 0; i < kPack; ++i) centre[i] = mean[channel + i];
    for (std::int64_t p = slices.begin(slice) + threadIdx.y; p < end; p += blockDim.y) {
      const std::int64_t at = p * channels + channel;
      float value[kPack], g[kPack];
      load_floats(value, x + at);
      load_upstream(g, dy, y, at);
      for (int i = 0; i < kPack; ++i) {
        sums[i] += g[i];
        products[i] += g[i] * (value[i] - centre[i]);
      }
    }
  }
  column_sums(sums);
  column_sums(products);
  if (threadIdx.y > 0 || channel >= channels) return;
  for (int i = 0; i < kPack; ++i) {
    const std::int64_t at = static_cast<std::int64_t>(channel + i) * slices.count + slice;
    slice_sums[at] = sums[i];
    slice_products[at] = products[i];
  }
}

/// Second stage, a warp a channel.
__global__ void __launch_bounds__(kChannelThreads)
    batch_norm_gradient_finalise(const float* __restrict__ slice_sums, const float* __restrict__ slice_products,
                                 int slices, int channels, const float* __restrict__ inverse_deviation,
                                 float* __restrict__ dgamma, float* __restrict__ dbeta) {
  const int channel = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x) / kWarp;
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  if (channel >= channels) return;
  const std::int64_t begin = static_cast<std::int64_t>(channel) * slices;
  double sum = 0.0, product = 0.0;
  for (int i = lane; i < slices; i += kWarp) {
    sum += static_cast<double>(slice_sums[begin + i]);
    product += static_cast<double>(slice_products[begin + i]);
  }
  sum = warp_sum(sum);
  product = warp_sum(product);
  if (lane > 0) return;
  dbeta[channel] = static_cast<float>(sum);
  dgamma[channel] = static_cast<float>(product * static_cast<double>(inverse_deviation[channel]));
}

/// Second pass. Tensors may lie on each other (dx on dy), so none of them is declared __restrict__.
template <class T, int kPack>
__global__ void __launch_bounds__(kChannelThreads)
    batch_norm_gradient_apply(const T* x, const T* y, const T* dy, const float* __restrict__ gamma,
                              const float* __restrict__ mean, const float* __restrict__ inverse_deviation,
                              const float* __restrict__ dgamma, const float* __restrict__ dbeta, T* dx, T* dresidual,
                              bool accumulate_residual, std::int64_t positions, int channels) {
  const int channel = own_channel<kPack>();
  if (channel >= channels) return;
  const float per_position = 1.0f / static_cast<float>(positions);
  float centre[kPack], gain[kPack], constant[kPack], slope[kPack];
  for (int i = 0; i < kPack; ++i) {
    const float inverse = inverse_deviation[channel + i];
    centre[i] = mean[channel + i];
    gain[i] = gamma[channel + i] * inverse;
    constant[i] = dbeta[channel + i] * per_position;
    slope[i] = inverse * dgamma[channel + i] * per_position;
  }
  for (std::int64_t p = first_position(); p < positions; p += position_stride()) {
    const std::int64_t at = p * channels + channel;
    float value[kPack], g[kPack];
    load_floats(value, x + at);
    load_upstream(g, dy, y, at);
    for (int i = 0; i < kPack; ++i) value[i] = gain[i] * (g[i] - constant[i] - slope[i] * (value[i] - centre[i]));
    if (dresidual != nullptr) {
      float before[kPack] = {};
      if (accumulate_residual) load_floats(before, dresidual + at);
      for (int i = 0; i < kPack; ++i) g[i] += before[i];
      store_floats(dresidual + at, g);
    }
    store_floats(dx + at, value);
  }
}

}  // namespace mdd::kernels
