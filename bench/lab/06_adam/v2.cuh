// v2: one thread of a block computes what all weights of a step have in common, and the others read it from shared
// memory.
//
// Why: the two powers and a division in f64 are the same for all; and the three numbers of the state are read once a
// block instead of once a warp.
// Gain: a third of the load requests; for that a barrier, and shared requests, which are nearer than the caches.
#pragma once
#include <cstdint>

#include "cuda/kernels/simt.h"
#include "ops/adam.h"

namespace mdd::lab::adam_v2 {

__global__ void step(AdamParams params, const double* state, const float* gradient, float* w, float* m, float* v,
                     std::int64_t count) {
  MDDNET_SHARED(adam::StepFactors, factors, 1);
  if (threadIdx.x == 0) factors[0] = adam::step_factors(params, state);
  __syncthreads();
  const std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < count) adam::update(factors[0], gradient[i], w[i], m[i], v[i]);
}

}  // namespace mdd::lab::adam_v2
