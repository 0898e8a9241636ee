// The arithmetic of cosine similarity (spec S6), shared by every backend and written once.
//
//   cos(a, b) = a.b / (max(|a|, 1e-8) max(|b|, 1e-8)),   d cos / d a = b / (|a| |b|) - cos * a / |a|^2
//
// Real is f64, or f32 where there is a cosine per position and f64 would cost more than the memory traffic.
#pragma once
#include <cmath>

#include "core/host_device.h"

namespace mdd::cosine {

template <class Real>
inline constexpr Real kLeastNorm = Real(1e-8);

/// max(sqrt(squared), 1e-8).
template <class Real>
[[nodiscard]] MDDNET_HOST_DEVICE inline Real floored_norm(Real squared) {
  const Real norm = std::sqrt(squared);
  return norm < kLeastNorm<Real> ? kLeastNorm<Real> : norm;
}

/// The three sums that a cosine and its gradients are made of.
template <class Real>
struct Moments {
  Real aa = 0, bb = 0, ab = 0;
  /// With a and b in each other's place.
  [[nodiscard]] constexpr Moments swapped() const { return {bb, aa, ab}; }
};

template <class Real>
[[nodiscard]] MDDNET_HOST_DEVICE inline Real similarity(const Moments<Real>& m) {
  return m.ab / (floored_norm(m.aa) * floored_norm(m.bb));
}

/// d cos / d a = own * a + other * b.
struct Gradient {
  float own = 0, other = 0;
};

/// The gradient times `weight`; both coefficients are 0 for a zero vector a.
template <class Real>
[[nodiscard]] MDDNET_HOST_DEVICE inline Gradient gradient_of(const Moments<Real>& m, Real weight) {
  if (std::sqrt(m.aa) < kLeastNorm<Real>) return {};
  return {static_cast<float>(-weight * similarity(m) / m.aa),
          static_cast<float>(weight / (floored_norm(m.aa) * floored_norm(m.bb)))};
}

}  // namespace mdd::cosine
