// The arithmetic of the per-region-overlap curve (spec S10), shared by host and kernels and written once.
#pragma once
#include <cstdint>

namespace mdd {

/// Sum of shares of components in fixed point, 96 bits below the point: exact, so that no order of summing matters, for
/// up to 2^32 components. A whole component of 2^31 pixels misses 1 by less than 2^-65.
using Overlap = unsigned __int128;

/// What one pixel of a component of `area` > 0 pixels adds: floor(2^96 / area).
[[nodiscard]] constexpr Overlap share_of(std::uint32_t area) noexcept {
  constexpr std::uint64_t kMost = ~std::uint64_t{0};
  const std::uint64_t high = kMost / area;
  const std::uint64_t rest = kMost % area + 1;  // 2^64 = high * area + rest
  return (Overlap{high} << 32) + (rest << 32) / area;
}

/// In components.
[[nodiscard]] constexpr double to_components(Overlap overlap) noexcept {
  return static_cast<double>(overlap) * 0x1p-96;
}

/// Area under the straight line from (from, before) to (from + step, after), as far as it lies left of `limit`.
[[nodiscard]] constexpr double area_below(double limit, double from, double step, double before,
                                          double after) noexcept {
  if (from >= limit) return 0.0;
  if (from + step <= limit) return 0.5 * (before + after) * step;
  const double inside = limit - from;
  const double at_limit = before + (inside / step) * (after - before);
  return 0.5 * (before + at_limit) * inside;
}

}  // namespace mdd
