// Batch norm, second half: normalise, add the residual, rectify, in one pass over memory.
//
//   y[p,c] = relu?(x[p,c] * scale[c] + shift[c] + residual[p,c]?)       p = position (n,h,w), c = channel
//   scale = gamma / sqrt(variance + epsilon),  shift = beta - mean * scale       (from batch_norm_statistics.cuh)
//
// Layout  x, residual, y: [positions, channels] (NHWC flattened), T = float | half | bfloat16, aligned to kPack
//         elements; y may be x or residual; scale, shift: float[channels].
// Cost    bytes = X + Y (+ residual); 4 flop an element: memory-bound.
// Design  A thread reads scale and shift of its channels once, and the loop touches nothing but the big tensors, 16
//         bytes at a time. Residual and ReLU are run-time choices: a branch that all threads take alike costs
//         nothing here.
#pragma once
#include "channel_threads.cuh"
#include "floats.cuh"

namespace mdd::kernels {

template <class T, int kPack>
__global__ void __launch_bounds__(kChannelThreads)
    batch_norm_apply(const T* x, const float* __restrict__ scale, const float* __restrict__ shift, const T* residual,
                     bool relu, T* y, std::int64_t positions, int channels) {
  const int channel = own_channel<kPack>();
  if (channel >= channels) return;
  float a[kPack], b[kPack];
  for (int i = 0; i < kPack; ++i) {
    a[i] = scale[channel + i];
    b[i] = shift[channel + i];
  }
  for (std::int64_t p = first_position(); p < positions; p += position_stride()) {
    const std::int64_t at = p * channels + channel;
    float value[kPack], skip[kPack] = {};
    load_floats(value, x + at);
    if (residual != nullptr) load_floats(skip, residual + at);
    for (int i = 0; i < kPack; ++i) {
      value[i] = value[i] * a[i] + b[i] + skip[i];
      if (relu) value[i] = rectified(value[i]);
    }
    store_floats(y + at, value);
  }
}

}  // namespace mdd::kernels
