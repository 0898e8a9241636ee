// v1: along the rows, then down the columns.
//
// Why: a Gaussian of two variables is the product of two of one.
// Gain: 2 (2 r + 1) loads a pixel instead of (2 r + 1)^2, a sixteenth for sigma 4; for a map in between, which is
// written and read.
#pragma once
#include "cuda/kernels/simt.h"
#include "ops/map_arithmetic.h"

namespace mdd::lab::gaussian_blur_v1 {

/// One axis; grid (columns, rows, images), a thread a pixel. `scale`: 1 / sum of g.
template <bool kRows>
__global__ void blur(float sigma, float scale, int radius, const float* x, float* y, int height, int width) {
  const int column = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  const int row = static_cast<int>(blockIdx.y * blockDim.y + threadIdx.y);
  if (row >= height || column >= width) return;
  const std::int64_t image = std::int64_t{blockIdx.z} * height * width;
  float sum = 0.0f;
  for (int t = -radius; t <= radius; ++t) {
    const float tap = expf(-0.5f * static_cast<float>(t * t) / (sigma * sigma));
    const std::int64_t at =
        kRows ? std::int64_t{row} * width + mirrored(column + t, width) : mirrored(row + t, height) * width + column;
    sum += tap * x[image + at];
  }
  y[image + std::int64_t{row} * width + column] = scale * sum;
}

}  // namespace mdd::lab::gaussian_blur_v1
