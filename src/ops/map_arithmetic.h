// The scalar arithmetic of anomaly maps and their histogram (spec S8, S10), shared by every backend and written once.
#pragma once
#include <cmath>
#include <cstdint>

#include "ops/params.h"

namespace mdd {

/// A position between two samples: value = (1 - weight) * [low] + weight * [high].
struct BetweenSamples {
  std::int64_t low, high;
  float weight;
};

/// Where sample i of `to` falls among `from` when the first and the last of both coincide. The remainder of a whole
/// division gives the weight, so that no rounding moves a position across a sample.
[[nodiscard]] constexpr BetweenSamples aligned_corners(std::int64_t i, std::int64_t from, std::int64_t to) noexcept {
  if (to <= 1) return {0, 0, 0.0f};
  const std::int64_t low = i * (from - 1) / (to - 1);
  const std::int64_t rest = i * (from - 1) % (to - 1);
  return {low, rest == 0 ? low : low + 1, static_cast<float>(rest) / static_cast<float>(to - 1)};
}

[[nodiscard]] constexpr float interpolated(float low, float high, float weight) noexcept {
  return low + weight * (high - low);
}

/// The discrepancy maps' fusion at one pixel.
[[nodiscard]] constexpr float fused_value(MapFusion fusion, float weight, float tr, float ri) noexcept {
  switch (fusion) {
    case MapFusion::kSum:
      return tr + ri;
    case MapFusion::kProduct:
      return tr * ri;
    case MapFusion::kTeacherRestored:
      return tr;
    case MapFusion::kRestoredIdentity:
      return ri;
    default:
      return (1.0f - weight) * tr + weight * ri;
  }
}

/// Index of a sample up to one side beyond the border, mirrored with the border sample repeated:
/// d c b a | a b c d | d c b a.
[[nodiscard]] constexpr std::int64_t mirrored(std::int64_t i, std::int64_t side) noexcept {
  if (i < 0) return -i - 1;
  return i >= side ? 2 * side - 1 - i : i;
}

[[nodiscard]] constexpr std::int64_t gaussian_radius(float sigma) noexcept {
  return static_cast<std::int64_t>(4.0f * sigma + 0.5f);
}
/// The filter's value at distance t, not normalised. exp comes from the machine's library.
[[nodiscard]] constexpr double gaussian(std::int64_t t, float sigma) {
  const double d = static_cast<double>(t) / static_cast<double>(sigma);
  return std::exp(-0.5 * d * d);
}
/// Sum over |t| <= radius.
[[nodiscard]] inline double gaussian_total(std::int64_t radius, float sigma) {
  double total = 1.0;
  for (std::int64_t t = 1; t <= radius; ++t) total += 2.0 * gaussian(t, sigma);
  return total;
}
[[nodiscard]] constexpr float gaussian_tap(std::int64_t t, float sigma, double total) {
  return static_cast<float>(gaussian(t, sigma) / total);
}

/// How many of a map's `pixels` largest values make its score.
[[nodiscard]] constexpr std::int64_t scored_pixels(ScoreRule rule, std::int64_t pixels) noexcept {
  return rule == ScoreRule::kMaximum || pixels < 100 ? 1 : pixels / 100;
}

/// The bin of a score among `bins` equal ones over [low, high); below low the first, from high on the last. Requires
/// that the score is no NaN and low < high.
[[nodiscard]] constexpr std::int64_t histogram_bin(float score, float low, float high, std::int64_t bins) noexcept {
  const double range = static_cast<double>(high) - static_cast<double>(low);
  const double position = (static_cast<double>(score) - static_cast<double>(low)) * static_cast<double>(bins) / range;
  if (!(position > 0.0)) return 0;
  return position < static_cast<double>(bins) ? static_cast<std::int64_t>(position) : bins - 1;
}

}  // namespace mdd
