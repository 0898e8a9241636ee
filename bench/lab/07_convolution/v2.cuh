// v2: a thread makes 4 x 4 outputs of a tile of 64 x 64.
//
// Why: eight values from shared memory, in registers, serve sixteen multiply-adds; and a fetched value serves 64
// outputs instead of 16. The tiles lie with the column j outermost, so that a thread's values lie side by side.
// Gain: a quarter of the shared reads for each multiply-add, and of the fetched sectors.
// Price: the lanes that fill a tile run along j, 64 words apart: sixteen lanes in one bank.
#pragma once
#include "bench/lab/07_convolution/v1.cuh"

namespace mdd::lab::convolution_v2 {

using convolution_v1::place;
using convolution_v1::Sizes;

inline constexpr int kSide = 64;   ///< of the tile of outputs
inline constexpr int kDepth = 16;  ///< columns j at a time
inline constexpr int kOwn = 4;     ///< outputs of a thread, each way
inline constexpr int kThreads = kSide * kSide / kOwn / kOwn;

/// Grid (positions / 64, filters / 64), block 256. Requires channels % 16 == 0, filters % 64 == 0.
__global__ void __launch_bounds__(kThreads) forward(const float* x, const float* w, float* y, Sizes g) {
  MDDNET_SHARED(float, of_x, kDepth* kSide);
  MDDNET_SHARED(float, of_w, kDepth* kSide);
  const int thread = static_cast<int>(threadIdx.x), lane = thread % kDepth, line = thread / kDepth;
  const std::int64_t first_m = std::int64_t{blockIdx.x} * kSide;
  const int first_k = static_cast<int>(blockIdx.y) * kSide;
  const int own_m = thread / (kSide / kOwn) * kOwn, own_k = thread % (kSide / kOwn) * kOwn;
  float sums[kOwn][kOwn] = {};
  for (int tap = 0; tap < 9; ++tap) {
    for (int c = 0; c < g.channels; c += kDepth) {
      for (int i = line; i < kSide; i += kThreads / kDepth) {
        const std::int64_t at = place(g, first_m + i, tap);
        of_x[lane * kSide + i] = at < 0 ? 0.0f : x[at + c + lane];
        of_w[lane * kSide + i] = w[(std::int64_t{first_k + i} * 9 + tap) * g.channels + c + lane];
      }
      __syncthreads();
      for (int j = 0; j < kDepth; ++j) {
        float a[kOwn], b[kOwn];
        for (int i = 0; i < kOwn; ++i) a[i] = of_x[j * kSide + own_m + i];
        for (int i = 0; i < kOwn; ++i) b[i] = of_w[j * kSide + own_k + i];
        for (int i = 0; i < kOwn; ++i) {
          for (int k = 0; k < kOwn; ++k) sums[i][k] += a[i] * b[k];
        }
      }
      __syncthreads();
    }
  }
  for (int i = 0; i < kOwn; ++i) {
    const std::int64_t m = first_m + own_m + i;
    for (int k = 0; m < g.positions() && k < kOwn; ++k) y[m * g.filters + first_k + own_k + k] = sums[i][k];
  }
}

}  // namespace mdd::lab::convolution_v2
