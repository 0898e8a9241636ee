// The arithmetic of Adam (spec S9), shared by every backend and written once.
//
//   g' = gradient_scale * g,  m = beta1 m + (1 - beta1) g',  v = beta2 v + (1 - beta2) g'^2
//   w -= rate * m / (sqrt(v) * inverse_root + epsilon),  rate = lr / (1 - beta1^t),  inverse_root = 1 / sqrt(1 -
//   beta2^t)
//
// What belongs to a step is computed in f64 from the optimiser's state; what belongs to a weight in f32.
#pragma once
#include <cmath>

#include "core/host_device.h"
#include "ops/params.h"

namespace mdd::adam {

/// The sum of squares of the gradient as it arrived, and the loss, decide whether the step is taken; the decision goes
/// into `state` (see Backend::adam_prepare).
MDDNET_HOST_DEVICE inline void decide(const AdamParams& params, double sum_of_squares, float loss, double* state) {
  const auto loss_scale = static_cast<double>(params.loss_scale);
  const double norm = std::sqrt(sum_of_squares) / loss_scale;
  state[kGradientNorm] = norm;
  if (!std::isfinite(norm) || !std::isfinite(loss)) {
    state[kGradientScale] = 0.0;
    state[kSkippedInARow] += 1.0;
    state[kSkippedTotal] += 1.0;
    return;
  }
  const auto clip = static_cast<double>(params.clip_norm);
  const double shrink = clip > 0.0 ? clip / (norm + 1e-6) : 1.0;
  state[kGradientScale] = (shrink < 1.0 ? shrink : 1.0) / loss_scale;
  state[kStepsTaken] += 1.0;
  state[kSkippedInARow] = 0.0;
}

/// What all weights of one step have in common. No default values: it also lies in shared memory.
struct StepFactors {
  float gradient_scale;
  float rate, inverse_root;  ///< with the bias corrections in them
  float keep1, take1, keep2, take2;
  float epsilon;
};

/// Requires that `state` says the step is taken.
[[nodiscard]] MDDNET_HOST_DEVICE inline StepFactors step_factors(const AdamParams& params, const double* state) {
  const auto beta1 = static_cast<double>(params.beta1), beta2 = static_cast<double>(params.beta2);
  const double steps = state[kStepsTaken];
  return {static_cast<float>(state[kGradientScale]),
          static_cast<float>(state[kLearningRate] / (1.0 - std::pow(beta1, steps))),
          static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(beta2, steps))),
          params.beta1,
          static_cast<float>(1.0 - beta1),
          params.beta2,
          static_cast<float>(1.0 - beta2),
          params.epsilon};
}

/// One weight's step.
MDDNET_HOST_DEVICE inline void update(const StepFactors& f, float gradient, float& w, float& m, float& v) {
  const float g = f.gradient_scale * gradient;
  m = f.keep1 * m + f.take1 * g;
  v = f.keep2 * v + f.take2 * g * g;
  w -= f.rate * m / (std::sqrt(v) * f.inverse_root + f.epsilon);
}

}  // namespace mdd::adam
