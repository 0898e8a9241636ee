// What follows a convolution whose engine could not do it itself.
//
//   y[p,k] = relu?(sums[p,k] + bias[k]? + residual[p,k]?)
//
// Layout  sums, residual, y: [positions, channels] (NHWC flattened), T = float | half | bfloat16, aligned to kPack
//         elements; y may be sums or residual; bias: float[channels] or nullptr; residual may be nullptr.
// Cost    bytes = 2 Y (+ residual): memory-bound.
// Design  As batch_norm_apply.cuh: what belongs to a channel stays in registers.
#pragma once
#include "channel_threads.cuh"
#include "floats.cuh"

namespace mdd::kernels {

template <class T, int kPack>
__global__ void __launch_bounds__(kChannelThreads)
    bias_residual_relu(const T* sums, const float* __restrict__ bias, const T* residual, bool relu, T* y,
                       std::int64_t positions, int channels) {
  const int channel = own_channel<kPack>();
  if (channel >= channels) return;
  float b[kPack] = {};
  if (bias != nullptr) {
    for (int i = 0; i < kPack; ++i) b[i] = bias[channel + i];
  }
  for (std::int64_t p = first_position(); p < positions; p += position_stride()) {
    const std::int64_t at = p * channels + channel;
    float value[kPack], skip[kPack] = {};
    load_floats(value, sums + at);
    if (residual != nullptr) load_floats(skip, residual + at);
    for (int i = 0; i < kPack; ++i) {
      value[i] += b[i] + skip[i];
      if (relu) value[i] = rectified(value[i]);
    }
    store_floats(y + at, value);
  }
}

}  // namespace mdd::kernels
