// v0, the formula as it stands: a thread owns a channel and walks all positions twice, first for the mean, then for
// the variance.
//
// Neighbouring lanes own neighbouring channels, so every access is contiguous.
// Why it is slow all the same: C threads on a device that wants a hundred thousand, and the tensor is read twice.
#pragma once
#include <cstdint>

#include "cuda/kernels/simt.h"

namespace mdd::lab::batch_norm_statistics_v0 {

__global__ void statistics(const float* x, std::int64_t positions, int channels, float epsilon, float* mean,
                           float* inverse_deviation) {
  const int c = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (c >= channels) return;
  float sum = 0.0f;
  for (std::int64_t p = 0; p < positions; ++p) sum += x[p * channels + c];
  const float average = sum / static_cast<float>(positions);
  float squares = 0.0f;
  for (std::int64_t p = 0; p < positions; ++p) {
    const float difference = x[p * channels + c] - average;
    squares += difference * difference;
  }
  mean[c] = average;
  inverse_deviation[c] = 1.0f / sqrtf(squares / static_cast<float>(positions) + epsilon);
}

}  // namespace mdd::lab::batch_norm_statistics_v0
