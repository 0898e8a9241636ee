#include "core/rng.h"

#include <cmath>
#include <numbers>

namespace mdd {

float RandomStream::normal() noexcept {
  const double u = (static_cast<double>(bits()) + 0.5) * 0x1p-32;  // never 0
  const double v = static_cast<double>(bits()) * 0x1p-32;
  return static_cast<float>(std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v));
}

}  // namespace mdd
