// One axis of the separable Gaussian blur; two launches make the blur.
//
//   y[i] = sum_{|t| <= radius} tap(t) x[mirrored(i + t)]        along rows or along columns
//
// Layout  x, y: f32 [N, height, width]. Taps: ops/map_arithmetic.h, normalised by a total from the host.
// Cost    bytes = x + y. 2 radius + 1 multiply-adds a pixel (33 for sigma 4): bound by shared memory rather than by
//         DRAM.
// Design  A block of 256 threads makes a tile of 32 lines x 64 positions along the filter. The tile's samples lie
//         in shared memory, positions outermost, 33 floats apart, so that neither loading (lanes along a row) nor
//         filtering (lanes across lines) meets a bank twice. A thread makes 8 neighbouring outputs from a window of
//         registers that slides by one sample a tap: two loads for eight multiply-adds. Taps are taken 64 at a
//         time, so that any radius fits the same memory, and are computed by the block itself.
#pragma once
#include "ops/map_arithmetic.h"
#include "pack.cuh"

namespace mdd::kernels {

inline constexpr int kBlurThreads = 256;
inline constexpr int kBlurLines = 32;    ///< a lane each
inline constexpr int kBlurOutputs = 64;  ///< along the filter
inline constexpr int kBlurRun = kBlurOutputs / (kBlurThreads / kBlurLines);
inline constexpr int kBlurTaps = 64;
inline constexpr int kBlurPitch = kBlurLines + 1;
inline constexpr int kBlurSamples = kBlurOutputs + kBlurTaps;

/// Where a map's lines run: along its rows or down its columns.
template <bool kRows>
struct BlurLines {
  int count, length;
  std::int64_t line_step, step;
  __device__ BlurLines(int height, int width)
      : count(kRows ? height : width),
        length(kRows ? width : height),
        line_step(kRows ? width : 1),
        step(kRows ? 1 : width) {}
};

/// body(line, position) for 32 lines of `length` positions, such that the lanes of a warp stand side by side in memory.
template <bool kRows, class Body>
__device__ inline void for_each_of_tile(int length, const Body& body) {
  const int lane = static_cast<int>(threadIdx.x) % kBlurLines, warp = static_cast<int>(threadIdx.x) / kBlurLines;
  constexpr int kWarps = kBlurThreads / kBlurLines;
  if constexpr (kRows) {
    for (int line = warp; line < kBlurLines; line += kWarps) {
      for (int position = lane; position < length; position += kBlurLines) body(line, position);
    }
  } else {
    for (int position = warp; position < length; position += kWarps) body(lane, position);
  }
}

/// Copies samples [first, first + samples) of 32 lines into the tile, mirrored at the borders; 0 where there is no
/// line, or no output that would use the sample.
template <bool kRows>
__device__ inline void load_blur_tile(const float* __restrict__ x, const BlurLines<kRows>& lines, int first_line,
                                      std::int64_t first, int samples, float* tile) {
  for_each_of_tile<kRows>(samples, [&](int line, int sample) {
    const std::int64_t at = mirrored(first + sample, lines.length);
    const bool inside = first_line + line < lines.count && at >= 0 && at < lines.length;
    tile[sample * kBlurPitch + line] = inside ? x[(first_line + line) * lines.line_step + at * lines.step] : 0.0f;
  });
}

/// Stores the tile's 64 outputs of 32 lines.
template <bool kRows>
__device__ inline void store_blur_tile(float* __restrict__ y, const BlurLines<kRows>& lines, int first_line, int first,
                                       const float* tile) {
  for_each_of_tile<kRows>(kBlurOutputs, [&](int line, int output) {
    if (first_line + line >= lines.count || first + output >= lines.length) return;
    y[(first_line + line) * lines.line_step + (first + output) * lines.step] = tile[output * kBlurPitch + line];
  });
}

/// Adds `count` taps to a thread's outputs.
__device__ inline void add_blur_taps(const float* samples, const float* taps, int count, float (&sums)[kBlurRun]) {
  float window[kBlurRun];
  for (int j = 0; j < kBlurRun; ++j) window[j] = samples[j * kBlurPitch];
  for (int k = 0; k < count; ++k) {
    const float tap = taps[k];
    for (int j = 0; j < kBlurRun; ++j) sums[j] += tap * window[j];
    for (int j = 0; j + 1 < kBlurRun; ++j) window[j] = window[j + 1];
    window[kBlurRun - 1] = samples[(k + kBlurRun) * kBlurPitch];
  }
}

/// One block a tile: tiles along the lines innermost, then tiles of lines, then images. Requires radius <= both sides.
template <bool kRows>
__global__ void __launch_bounds__(kBlurThreads)
    gaussian_blur(float sigma, double total, int radius, const float* __restrict__ x, float* __restrict__ y, int height,
                  int width) {
  MDDNET_SHARED(float, tile, kBlurSamples* kBlurPitch);
  MDDNET_SHARED(float, taps, kBlurTaps);
  const BlurLines<kRows> lines(height, width);
  const unsigned along = static_cast<unsigned>((lines.length + kBlurOutputs - 1) / kBlurOutputs);
  const unsigned across = static_cast<unsigned>((lines.count + kBlurLines - 1) / kBlurLines);
  const std::int64_t image = std::int64_t{blockIdx.x / along / across} * height * width;
  const int first = static_cast<int>(blockIdx.x % along) * kBlurOutputs;
  const int first_line = static_cast<int>(blockIdx.x / along % across) * kBlurLines;
  const int thread = static_cast<int>(threadIdx.x), lane = thread % kBlurLines, run = thread / kBlurLines * kBlurRun;

  float sums[kBlurRun] = {};
  for (int tap = -radius; tap <= radius; tap += kBlurTaps) {
    const int count = min(kBlurTaps, radius - tap + 1);
    __syncthreads();  // the last taps' samples have been read
    if (thread < count) taps[thread] = gaussian_tap(tap + thread, sigma, total);
    load_blur_tile(x + image, lines, first_line, std::int64_t{first} + tap, kBlurOutputs + count, tile);
    __syncthreads();
    add_blur_taps(tile + run * kBlurPitch + lane, taps, count, sums);
  }
  __syncthreads();
  for (int j = 0; j < kBlurRun; ++j) tile[(run + j) * kBlurPitch + lane] = sums[j];
  __syncthreads();
  store_blur_tile(y + image, lines, first_line, first, tile);
}

}  // namespace mdd::kernels
