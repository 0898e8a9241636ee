// Stage two of a loss that is a sum (reductions.cuh): loss (+)= scale * sum of the partials.
//
// One block; a few kilobytes at most, so the launch is all there is to pay.
#pragma once
#include "reductions.cuh"

namespace mdd::kernels {

/// Grid: one block.
__global__ void store_scaled_sum(const double* __restrict__ partial, std::int64_t count, float scale,
                                 float* __restrict__ loss, bool accumulate) {
  const double total = sum_of_partials(partial, count);
  if (threadIdx.x == 0) {
    *loss = (accumulate ? *loss : 0.0f) + static_cast<float>(static_cast<double>(scale) * total);
  }
}

}  // namespace mdd::kernels
