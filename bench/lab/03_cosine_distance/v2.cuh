// v2: sums over a warp by shuffles, and only the warps' sums through shared memory.
//
// Why: a tree over 256 threads is eight steps through shared memory with a barrier each, and a barrier waits for the
// slowest warp. A shuffle moves a register to another lane without either.
// Gain: a quarter of the barriers and a third of the shared requests; device memory sees no difference.
#pragma once
#include <cstdint>

#include "cuda/kernels/reduce.cuh"

namespace mdd::lab::cosine_distance_v2 {

__global__ void moments(const float* a, const float* b, std::int64_t count, float* to) {
  const std::int64_t base = std::int64_t{blockIdx.x} * count;
  float aa = 0.0f, bb = 0.0f, ab = 0.0f;
  for (std::int64_t i = threadIdx.x; i < count; i += blockDim.x) {
    const float x = a[base + i], y = b[base + i];
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  aa = kernels::block_sum(aa);
  bb = kernels::block_sum(bb);
  ab = kernels::block_sum(ab);
  if (threadIdx.x > 0) return;
  to[3 * blockIdx.x] = aa;
  to[3 * blockIdx.x + 1] = bb;
  to[3 * blockIdx.x + 2] = ab;
}

}  // namespace mdd::lab::cosine_distance_v2
