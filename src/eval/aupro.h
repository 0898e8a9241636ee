// Area under the per-region-overlap curve (spec S10).
#pragma once
#include <cstdint>
#include <optional>
#include <span>

namespace mdd::eval {

/// One test image at the size of the anomaly map: both H x W, row-major. An empty mask stands for "all normal".
struct ScoredImage {
  std::span<const float> map;          ///< higher means more anomalous
  std::span<const std::uint8_t> mask;  ///< non-zero = defect
};

/// False-positive rate up to which AUPRO integrates.
inline constexpr double kAuproLimit = 0.3;

/// Exact AUPRO of the images of one class. For every distinct threshold t: PRO = mean over all 8-connected defect
/// components of the share of the component with map >= t; FPR = share of all normal pixels with map >= t. The curve
/// starts at (0, 0), is linear inside a tie group, is integrated by trapezoids to FPR = `limit` (interpolated there)
/// and divided by `limit`, so that 1 is perfect. nullopt without a defect component or without a normal pixel.
/// Throws Error(kRuntime) on NaN, on extents that do not match, or a limit outside (0, 1].
[[nodiscard]] std::optional<double> aupro(std::span<const ScoredImage> images, std::int64_t height, std::int64_t width,
                                          double limit = kAuproLimit);

}  // namespace mdd::eval
