// The scalar arithmetic of colours (spec S2, S7), shared by every backend and written once.
#pragma once
#include "ops/params.h"

namespace mdd {

/// (value / 255 - mean) / deviation as value * scale + shift, for each of the three colours.
struct AffineColours {
  float scale[3], shift[3];
  explicit constexpr AffineColours(const Normalisation& n)
      : scale{1.0f / (255.0f * n.deviation[0]), 1.0f / (255.0f * n.deviation[1]), 1.0f / (255.0f * n.deviation[2])},
        shift{-n.mean[0] / n.deviation[0], -n.mean[1] / n.deviation[1], -n.mean[2] / n.deviation[2]} {}
  /// `value` of 0..255.
  [[nodiscard]] constexpr float operator()(int colour, float value) const noexcept {
    return value * scale[colour] + shift[colour];
  }
};

/// The image's share `weight` of a pixel, the anomaly source's the rest.
[[nodiscard]] constexpr float blended(float weight, float image, float source) noexcept {
  return weight * image + (1.0f - weight) * source;
}

}  // namespace mdd
