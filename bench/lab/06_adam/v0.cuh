// v0, the equations one after the other, as a framework without a fused optimiser runs them (spec S9).
//
//   g' = s g;   m = beta1 m + (1 - beta1) g';   v = beta2 v + (1 - beta2) g'^2;
//   w -= rate m / (sqrt(v) r + epsilon),   rate = lr / (1 - beta1^t),  r = 1 / sqrt(1 - beta2^t)
//
// Four kernels, a thread a weight.
// Why it is slow: eight reads and four writes a weight, where four and three would do; and every thread of the last
// kernel raises beta to the power t in f64.
#pragma once
#include <cstdint>

#include "cuda/kernels/simt.h"
#include "ops/params.h"

namespace mdd::lab::adam_v0 {

__device__ inline std::int64_t own_weight() { return std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; }

__global__ void scale_gradient(const double* state, const float* gradient, float* scaled, std::int64_t count) {
  const std::int64_t i = own_weight();
  if (i < count) scaled[i] = static_cast<float>(state[kGradientScale]) * gradient[i];
}

__global__ void first_moment(float beta, const float* g, float* m, std::int64_t count) {
  const std::int64_t i = own_weight();
  if (i < count) m[i] = beta * m[i] + (1.0f - beta) * g[i];
}

__global__ void second_moment(float beta, const float* g, float* v, std::int64_t count) {
  const std::int64_t i = own_weight();
  if (i < count) v[i] = beta * v[i] + (1.0f - beta) * g[i] * g[i];
}

__global__ void weights(AdamParams params, const double* state, const float* m, const float* v, float* w,
                        std::int64_t count) {
  const std::int64_t i = own_weight();
  if (i >= count) return;
  const double steps = state[kStepsTaken];
  const auto rate = static_cast<float>(state[kLearningRate] / (1.0 - pow(static_cast<double>(params.beta1), steps)));
  const auto inverse_root = static_cast<float>(1.0 / sqrt(1.0 - pow(static_cast<double>(params.beta2), steps)));
  w[i] -= rate * m[i] / (sqrtf(v[i]) * inverse_root + params.epsilon);
}

}  // namespace mdd::lab::adam_v0
