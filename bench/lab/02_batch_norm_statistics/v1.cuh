// v1: a block a channel, its threads side by side along the positions, their sums put together in shared memory; and
// one walk instead of two, by  variance = mean of x^2 - mean^2.
//
// Why: 256 threads a channel, and every element read once. It is what the kernel looks like where the channel's
// values lie together (NCHW). In NHWC it is a mistake worth seeing: neighbouring lanes read addresses a whole
// position apart, each touches a sector of its own, and of 32 bytes moved 4 are used.
// Gain: threads. But half of the reads move four times the sectors.
// Price: mean of x^2 - mean^2 takes a small difference of large numbers: the digits of the variance are gone where
// the mean is large against the deviation. The error grows more than thirtyfold here.
#pragma once
#include <cstdint>

#include "cuda/kernels/simt.h"

namespace mdd::lab::batch_norm_statistics_v1 {

inline constexpr int kThreads = 256;

__global__ void statistics(const float* x, std::int64_t positions, int channels, float epsilon, float* mean,
                           float* inverse_deviation) {
  MDDNET_SHARED(float, sums, 2 * kThreads);
  const int c = static_cast<int>(blockIdx.x), thread = static_cast<int>(threadIdx.x);
  float sum = 0.0f, squares = 0.0f;
  for (std::int64_t p = thread; p < positions; p += kThreads) {
    const float value = x[p * channels + c];
    sum += value;
    squares += value * value;
  }
  sums[thread] = sum;
  sums[kThreads + thread] = squares;
  for (int half = kThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (thread >= half) continue;
    sums[thread] += sums[thread + half];
    sums[kThreads + thread] += sums[kThreads + thread + half];
  }
  if (thread > 0) return;
  const float average = sums[0] / static_cast<float>(positions);
  const float variance = sums[kThreads] / static_cast<float>(positions) - average * average;
  mean[c] = average;
  inverse_deviation[c] = 1.0f / sqrtf((variance < 0.0f ? 0.0f : variance) + epsilon);
}

}  // namespace mdd::lab::batch_norm_statistics_v1
