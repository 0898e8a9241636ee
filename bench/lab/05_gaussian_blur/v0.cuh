// v0, the definition: a thread makes a pixel from the whole window around it.
//
//   y[i,j] = sum_{|s|,|t| <= r} g(s) g(t) x[mirrored(i + s), mirrored(j + t)],  g normalised, r = 4 sigma (spec S8)
//
// Why it is slow: (2 r + 1)^2 loads and exponentials a pixel, 1089 for sigma 4.
#pragma once
#include "cuda/kernels/simt.h"
#include "ops/map_arithmetic.h"

namespace mdd::lab::gaussian_blur_v0 {

/// Grid (columns, rows, images), a thread a pixel. `scale`: 1 / (sum of g)^2.
__global__ void blur(float sigma, float scale, int radius, const float* x, float* y, int height, int width) {
  const int column = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  const int row = static_cast<int>(blockIdx.y * blockDim.y + threadIdx.y);
  if (row >= height || column >= width) return;
  const std::int64_t image = std::int64_t{blockIdx.z} * height * width;
  float sum = 0.0f;
  for (int s = -radius; s <= radius; ++s) {
    for (int t = -radius; t <= radius; ++t) {
      const float tap = expf(-0.5f * static_cast<float>(s * s + t * t) / (sigma * sigma));
      sum += tap * x[image + mirrored(row + s, height) * width + mirrored(column + t, width)];
    }
  }
  y[image + std::int64_t{row} * width + column] = scale * sum;
}

}  // namespace mdd::lab::gaussian_blur_v0
