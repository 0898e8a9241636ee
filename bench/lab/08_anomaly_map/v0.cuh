// v0, the formula as operators: every coarse map enlarged to a map of its own, then added up, then fused (spec S8).
//
//   A_TR = sum_i up(TR_i),  A_RI = sum_i up(RI_i),  fused = A_TR + A_RI;  up: bilinear, corners aligned
//
// Why it is slow: eleven launches, and fifteen full-size maps read or written beside the six that are made; every
// pixel divides to find its place among the samples.
#pragma once
#include <cstdint>

#include "cuda/kernels/simt.h"
#include "ops/map_arithmetic.h"

namespace mdd::lab::anomaly_map_v0 {

/// A thread a pixel.
__global__ void enlarge(const float* map, int side, float* out, int out_side, std::int64_t pixels) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= pixels) return;
  const std::int64_t image = i / out_side / out_side;
  const BetweenSamples x = aligned_corners(i % out_side, side, out_side);
  const BetweenSamples y = aligned_corners(i / out_side % out_side, side, out_side);
  const float* top = map + (image * side + y.low) * side;
  const float* bottom = map + (image * side + y.high) * side;
  out[i] = interpolated(interpolated(top[x.low], top[x.high], x.weight),
                        interpolated(bottom[x.low], bottom[x.high], x.weight), y.weight);
}

__global__ void add(const float* part, float* sum, std::int64_t pixels) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < pixels) sum[i] += part[i];
}

}  // namespace mdd::lab::anomaly_map_v0
