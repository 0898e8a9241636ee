// The scalar arithmetic of the class-aware memory (spec S4) and its class loss (spec S6), shared by every backend and
// written once. Real is the type that the caller's sums over a row have.
#pragma once
#include <cmath>

#include "core/host_device.h"

namespace mdd::class_memory {

inline constexpr float kLeastNorm = 1e-8f;     ///< of a query or prototype
inline constexpr float kShrinkFloor = 1e-12f;  ///< keeps the shrunk weights' denominators off zero
inline constexpr double kLogFloor = 1e-8;      ///< of the class loss

// ---- rows of unit length: u = x / max(|x|, eps)
// ----------------------------------------------------------------------

template <class Real>
[[nodiscard]] MDDNET_HOST_DEVICE inline float inverse_norm(Real sum_of_squares) {
  const Real norm = std::sqrt(sum_of_squares);
  return static_cast<float>(Real(1) / (norm < Real(kLeastNorm) ? Real(kLeastNorm) : norm));
}

/// The inverse norm as the backward pass uses it: a row whose norm met the floor gets no gradient.
[[nodiscard]] constexpr float gradient_factor(float inverse_norm) {
  return inverse_norm >= 1.0f / kLeastNorm ? 0.0f : inverse_norm;
}

/// One element of the gradient with respect to x: `projected` is unit . dunit, `factor` comes from gradient_factor.
[[nodiscard]] constexpr float unit_backward(float unit, float dunit, float projected, float factor) {
  return factor * (dunit - unit * projected);
}

// ---- softmax over the prototypes
// -------------------------------------------------------------------------------------

/// Before division by the row's sum.
[[nodiscard]] MDDNET_HOST_DEVICE inline float softmax_power(float cosine, float largest, float inverse_temperature) {
  return std::exp((cosine - largest) * inverse_temperature);
}

/// Gradient with respect to a cosine; `mean` is the row's softmax . gradient.
[[nodiscard]] constexpr float softmax_backward(float softmax, float gradient, float mean, float inverse_temperature) {
  return softmax * (gradient - mean) * inverse_temperature;
}

// ---- hard shrinkage
// ---------------------------------------------------------------------------------------------------

/// u = relu(a - l) * a / (|a - l| + 1e-12): a itself above the threshold l, 0 below.
[[nodiscard]] constexpr float shrunk(float a, float threshold) {
  const float excess = a - threshold;
  return excess > 0.0f ? excess * a / (excess + kShrinkFloor) : 0.0f;
}

[[nodiscard]] constexpr float shrunk_derivative(float a, float threshold) {
  const float excess = a - threshold;
  if (excess <= 0.0f) return 0.0f;
  const float denominator = excess + kShrinkFloor;
  return excess / denominator + a * kShrinkFloor / (denominator * denominator);
}

/// What the shrunk weights of a row are multiplied by, so that they sum to 1; `sum` is theirs.
template <class Real>
[[nodiscard]] constexpr float shrunk_share(Real sum) {
  return static_cast<float>(Real(1) / (sum < Real(kShrinkFloor) ? Real(kShrinkFloor) : sum));
}

/// Gradient with respect to a softmax value a, from the gradient with respect to attention; `sum` is the row's sum of
/// shrunk weights, `dot` its attention . gradient. A row that was shrunk to nothing gets no gradient.
template <class Real>
[[nodiscard]] constexpr float shrunk_backward(float a, float threshold, float gradient, Real sum, Real dot) {
  if (sum < Real(kShrinkFloor)) return 0.0f;
  return static_cast<float>((static_cast<Real>(gradient) - dot) / sum) * shrunk_derivative(a, threshold);
}

// ---- class loss: the mean over images of -log(mass of the image's own class + eps)
// -----------------------------------

[[nodiscard]] MDDNET_HOST_DEVICE inline double class_loss(float mass) {
  return -std::log(static_cast<double>(mass) + kLogFloor);
}

/// Derivative of the mean with respect to the mass of an image's own class, times `weight`.
[[nodiscard]] constexpr float class_loss_gradient(float mass, float weight, double images) {
  return static_cast<float>(-static_cast<double>(weight) / images / (static_cast<double>(mass) + kLogFloor));
}

}  // namespace mdd::class_memory
