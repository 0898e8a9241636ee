// Pictures of anomaly maps. Every colour comes from a scale that the caller fixes for the whole run: stretching each
// map to its own range would paint a good product as red as a bad one.
#pragma once
#include <array>
#include <cstdint>
#include <span>

#include "data/image.h"

namespace mdd::report {

using Rgb = std::array<std::uint8_t, 3>;

/// What the ends of the colour scale mean.
struct ColourScale {
  float low = 0.0f;   ///< and everything below: black
  float high = 1.0f;  ///< and everything above, infinity included: pale yellow
};

/// Colour of a value: black - purple - red - orange - pale yellow, lightness rising evenly, linear between anchors. NaN
/// is drawn as `low`. Throws Error(kUsage) unless low < high, both finite.
[[nodiscard]] Rgb heat_colour(float value, const ColourScale& scale);

/// The map (height x width) as a picture. Throws Error(kRuntime) if extents do not match.
[[nodiscard]] data::Image heatmap(std::span<const float> map, std::int64_t height, std::int64_t width,
                                  const ColourScale& scale);

struct OverlayOptions {
  ColourScale scale;
  float threshold = 0.5f;               ///< the map's value above which a pixel is called defective
  std::span<const std::uint8_t> truth;  ///< ground truth, non-zero = defect, extents of the picture; empty = none
};

inline constexpr Rgb kDetectionColour{0, 255, 255};  ///< cyan: inner contour of map > threshold
inline constexpr Rgb kTruthColour{80, 255, 80};      ///< green: inner contour of the ground truth

/// The photograph, with the heat colour blended in where the map rises (from nothing at half the way between low and
/// threshold to 60 % at the threshold), the detection outlined in cyan and the ground truth in green on top. `map` has
/// the extents of `photograph`. Throws Error(kRuntime) if extents do not match.
[[nodiscard]] data::Image overlay(const data::Image& photograph, std::span<const float> map,
                                  const OverlayOptions& options);

/// Photograph | heat map | overlay, side by side with a thin white gap.
[[nodiscard]] data::Image panel(const data::Image& photograph, std::span<const float> map,
                                const OverlayOptions& options);

}  // namespace mdd::report
