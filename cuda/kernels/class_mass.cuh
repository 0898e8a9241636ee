// mass[n, c] = mean over the positions of image n of the attention that class c's slots receive.
//
// Layout  attention: float [images * positions, classes * slots]; mass: float [images, classes].
// Cost    attention read once; it is fresh in the cache.
// Design  A block owns one (image, class): its warps take positions in turn, their lanes the class's slots, which
//         lie side by side. One block a sum, so that no partial sums meet in an order that time decides.
#pragma once
#include <cstdint>

#include "reduce.cuh"

namespace mdd::kernels {

/// Grid: images * classes blocks.
__global__ void class_mass(const float* __restrict__ attention, int positions, int classes, int slots,
                           float* __restrict__ mass) {
  const unsigned image = blockIdx.x / static_cast<unsigned>(classes);
  const int c = static_cast<int>(blockIdx.x % static_cast<unsigned>(classes));
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int warp = static_cast<int>(threadIdx.x) / kWarp, warps = static_cast<int>(blockDim.x) / kWarp;
  const std::int64_t stride = static_cast<std::int64_t>(classes) * slots;
  const float* of_class = attention + static_cast<std::int64_t>(image) * positions * stride + c * slots;
  float sum = 0.0f;
  for (int q = warp; q < positions; q += warps) {
    for (int k = lane; k < slots; k += kWarp) sum += of_class[q * stride + k];
  }
  sum = block_sum(sum);
  if (threadIdx.x == 0) mass[blockIdx.x] = sum / static_cast<float>(positions);
}

}  // namespace mdd::kernels
