// Adam over one flat buffer, with clipping by the global norm (spec S9).
#include "cpu/implementation.h"
#include "cpu/parallel.h"
#include "ops/adam.h"

namespace mdd::cpu {

void CpuBackend::adam_prepare(const AdamParams& params, const Tensor& gradient, const Tensor& loss,
                              const Tensor& state) {
  require(state.elements() == kOptimizerStateSize, "optimiser state size");
  const float* g = gradient.f32();
  const double squared = sum_blocks(gradient.elements(), kStreamBlock, [&](std::int64_t begin, std::int64_t end) {
    constexpr std::int64_t kRun = 1024;
    double total = 0.0;
    for (std::int64_t start = begin; start < end; start += kRun) {
      const float* values = g + start;
      const std::int64_t count = std::min(kRun, end - start);
      float run = 0.0f;
#pragma omp simd reduction(+ : run)
      for (std::int64_t i = 0; i < count; ++i) run += values[i] * values[i];
      total += static_cast<double>(run);
    }
    return total;
  });
  adam::decide(params, squared, loss.f32()[0], state.as<double>());
}

void CpuBackend::adam_step(const AdamParams& params, const Tensor& state, const Tensor& gradient, const Tensor& w,
                           const Tensor& m, const Tensor& v) {
  require(gradient.elements() == w.elements() && m.elements() == w.elements() && v.elements() == w.elements(),
          "optimiser buffers of one size");
  const double* s = state.as<double>();
  if (s[kGradientScale] == 0.0) return;
  const adam::StepFactors factors = adam::step_factors(params, s);
  const float* gradients = gradient.f32();
  float* weights = w.f32();
  float* first = m.f32();
  float* second = v.f32();
  parallel_blocks(w.elements(), kStreamBlock, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) {
      adam::update(factors, gradients[i], weights[i], first[i], second[i]);
    }
  });
}

}  // namespace mdd::cpu
