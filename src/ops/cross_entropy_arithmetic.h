// The scalar arithmetic of the softmax cross-entropy, shared by every backend and written once.
#pragma once
#include <cmath>

#include "core/host_device.h"

namespace mdd::cross_entropy {

/// An element of the softmax before division by the row's sum; `largest` is the row's largest logit.
[[nodiscard]] MDDNET_HOST_DEVICE inline float power(float logit, float largest) { return std::exp(logit - largest); }

/// -log softmax[label]: `sum` is that of the row's powers, at least 1; `own` the label's logit.
[[nodiscard]] MDDNET_HOST_DEVICE inline float row_loss(float sum, float largest, float own) {
  return std::log(sum) + (largest - own);
}

/// Derivative of -log softmax[label] with respect to a logit, times `scale`; `own`: the logit is the label's.
[[nodiscard]] constexpr float gradient(float softmax, bool own, float scale) {
  return scale * (own ? softmax - 1.0f : softmax);
}

}  // namespace mdd::cross_entropy
