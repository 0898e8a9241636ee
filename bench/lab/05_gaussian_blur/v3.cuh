// v3: eight neighbouring outputs a thread, from a window of registers that slides along the filter.
//
// Why: a tap read once serves eight outputs, and a sample read once serves eight taps: two shared reads for eight
// multiply-adds. The window slides along the filter, so the lanes of a warp stand across it, a line each, and the
// tile lies with the position outermost: tile[position][line].
// Gain: a quarter of the shared requests, or less.
// Price: along rows, the lanes that fill the tile have neighbouring positions, which lie 32 words apart: all in one
// bank, 31 passes too many for every request.
#pragma once
#include "cuda/kernels/simt.h"
#include "ops/map_arithmetic.h"

namespace mdd::lab::gaussian_blur_v3 {

inline constexpr int kLines = 32, kOutputs = 64, kRun = 8;  ///< a block makes 32 lines x 64 outputs, a thread 8 of them
inline constexpr int kThreads = kLines * kOutputs / kRun;
inline constexpr int kRadius = 16;
inline constexpr int kSamples = kOutputs + 2 * kRadius;

/// One axis; grid (tiles along the filter, tiles of lines, images). Requires radius <= kRadius, and a height and a
/// width that are multiples of 64.
template <bool kRows>
__global__ void blur(float sigma, double total, int radius, const float* x, float* y, int height, int width) {
  MDDNET_SHARED(float, tile, kSamples* kLines);
  MDDNET_SHARED(float, taps, 2 * kRadius + 1);
  const int thread = static_cast<int>(threadIdx.x), lane = thread % kLines, warp = thread / kLines;
  const int first = static_cast<int>(blockIdx.x) * kOutputs, first_line = static_cast<int>(blockIdx.y) * kLines;
  const std::int64_t image = std::int64_t{blockIdx.z} * height * width;
  const int length = kRows ? width : height, step = kRows ? 1 : width, line_step = kRows ? width : 1;
  if (thread <= 2 * radius) taps[thread] = gaussian_tap(thread - radius, sigma, total);
  // Lanes stand side by side in memory: along the filter where that is a row, across it where it is a column.
  const int samples = kOutputs + 2 * radius;
  for (int i = warp; i < (kRows ? kLines : samples); i += kThreads / kLines) {
    for (int j = lane; j < (kRows ? samples : kLines); j += kLines) {
      const int line = kRows ? i : j, sample = kRows ? j : i;
      const std::int64_t at = mirrored(first + sample - radius, length);
      tile[sample * kLines + line] = x[image + std::int64_t{first_line + line} * line_step + at * step];
    }
  }
  __syncthreads();
  const float* samples_of_run = tile + warp * kRun * kLines + lane;
  float window[kRun], sums[kRun] = {};
  for (int j = 0; j < kRun; ++j) window[j] = samples_of_run[j * kLines];
  for (int t = 0; t <= 2 * radius; ++t) {
    const float tap = taps[t];
    for (int j = 0; j < kRun; ++j) sums[j] += tap * window[j];
    for (int j = 0; j + 1 < kRun; ++j) window[j] = window[j + 1];
    if (t < 2 * radius) window[kRun - 1] = samples_of_run[(t + kRun) * kLines];
  }
  for (int j = 0; j < kRun; ++j) {
    y[image + std::int64_t{first_line + lane} * line_step + std::int64_t{first + warp * kRun + j} * step] = sums[j];
  }
}

}  // namespace mdd::lab::gaussian_blur_v3
