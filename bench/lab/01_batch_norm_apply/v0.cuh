// v0, the formula as a framework's elementwise operators would have it: normalise, add the residual, rectify, each a
// kernel of its own, one thread an element.
//
//   t = (x - mean) / sqrt(variance + epsilon) * gamma + beta;   t += residual;   y = max(t, 0)
//
// Why it is slow: seven tensors pass through memory (x, t; t, residual, t; t, y) where three would do.
#pragma once
#include <cstdint>

#include "cuda/kernels/simt.h"

namespace mdd::lab::batch_norm_apply_v0 {

__global__ void normalise(const float* x, const float* mean, const float* variance, const float* gamma,
                          const float* beta, float epsilon, float* y, std::int64_t elements, int channels) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= elements) return;
  const auto c = static_cast<int>(i % channels);
  y[i] = (x[i] - mean[c]) / sqrtf(variance[c] + epsilon) * gamma[c] + beta[c];
}

__global__ void add(const float* residual, float* y, std::int64_t elements) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < elements) y[i] += residual[i];
}

__global__ void rectify(float* y, std::int64_t elements) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < elements) y[i] = y[i] < 0.0f ? 0.0f : y[i];
}

}  // namespace mdd::lab::batch_norm_apply_v0
