// v1: one kernel.
//
// Why: the scaled gradient and both moments are in registers when the weight is updated.
// Gain: seven buffers through memory instead of twelve. The stores fall from four to three a weight, the loads from
// eight to five. Four would do: the compiler cannot know that v is not m, so m is read again once v is written. Every
// thread still computes two powers in f64, hundreds of instructions on a device that has few units for them: nothing
// that is counted here, but what a profiler shows first.
#pragma once
#include <cstdint>

#include "cuda/kernels/simt.h"
#include "ops/adam.h"

namespace mdd::lab::adam_v1 {

__global__ void step(AdamParams params, const double* state, const float* gradient, float* w, float* m, float* v,
                     std::int64_t count) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const adam::StepFactors factors = adam::step_factors(params, state);
  adam::update(factors, gradient[i], w[i], m[i], v[i]);
}

}  // namespace mdd::lab::adam_v1
