// Adam over one flat buffer, with clipping by the global norm (spec S9).
#include <cmath>

#include "cpu/implementation.h"
#include "cpu/parallel.h"

namespace mdd::cpu {

void CpuBackend::adam_prepare(const AdamParams& params, const Tensor& gradient, const Tensor& loss,
                              const Tensor& state) {
  require(state.elements() == kOptimizerStateSize, "optimiser state size");
  const float* g = gradient.f32();
  const double squared = sum_blocks(gradient.elements(), kStreamBlock, [&](std::int64_t begin, std::int64_t end) {
    constexpr std::int64_t kRun = 1024;
    double total = 0.0;
    for (std::int64_t start = begin; start < end; start += kRun) {
      float run = 0.0f;
#pragma omp simd reduction(+ : run)
      for (std::int64_t i = start; i < std::min(end, start + kRun); ++i) run += g[i] * g[i];
      total += static_cast<double>(run);
    }
    return total;
  });
  double* s = state.as<double>();
  const double norm = std::sqrt(squared);
  s[kGradientNorm] = norm;
  if (!std::isfinite(norm) || !std::isfinite(loss.f32()[0])) {
    s[kGradientScale] = 0.0;
    s[kSkippedInARow] += 1.0;
    s[kSkippedTotal] += 1.0;
    return;
  }
  const double clip = static_cast<double>(params.clip_norm);
  s[kGradientScale] = clip > 0.0 ? std::min(1.0, clip / (norm + 1e-6)) : 1.0;
  s[kStepsTaken] += 1.0;
  s[kSkippedInARow] = 0.0;
}

void CpuBackend::adam_step(const AdamParams& params, const Tensor& state, const Tensor& gradient, const Tensor& w,
                           const Tensor& m, const Tensor& v) {
  require(gradient.elements() == w.elements() && m.elements() == w.elements() && v.elements() == w.elements(),
          "optimiser buffers of one size");
  const double* s = state.as<double>();
  if (s[kGradientScale] == 0.0) return;
  const auto beta1 = static_cast<double>(params.beta1), beta2 = static_cast<double>(params.beta2);
  const auto scale = static_cast<float>(s[kGradientScale]);
  const auto rate = static_cast<float>(s[kLearningRate] / (1.0 - std::pow(beta1, s[kStepsTaken])));
  const auto inverse_root = static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(beta2, s[kStepsTaken])));
  const float keep1 = params.beta1, keep2 = params.beta2;
  const auto take1 = static_cast<float>(1.0 - beta1), take2 = static_cast<float>(1.0 - beta2);
  const float* gradients = gradient.f32();
  float* weights = w.f32();
  float* first = m.f32();
  float* second = v.f32();
  parallel_blocks(w.elements(), kStreamBlock, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) {
      const float g = scale * gradients[i];
      first[i] = keep1 * first[i] + take1 * g;
      second[i] = keep2 * second[i] + take2 * g * g;
      weights[i] -= rate * first[i] / (std::sqrt(second[i]) * inverse_root + params.epsilon);
    }
  });
}

}  // namespace mdd::cpu
