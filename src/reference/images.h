// From 8-bit images to network input, and synthetic anomalies (spec S2, S7).
#pragma once
#include <span>

#include "ops/params.h"
#include "reference/array.h"

namespace mdd::reference {

/// (x / 255 - mean[c]) / deviation[c] for x [N,S,S,3] of values 0..255.
[[nodiscard]] Array normalise_images(const Normalisation& normalisation, const Array& x);
/// Masks [N,S,S] of zeros and ones, one key per image, with the scalar arithmetic of ops/perlin.h: the first of at most
/// `1 + redraws` draws that sets a pixel; empty if p_normal strikes.
[[nodiscard]] Array perlin_masks(const PerlinParams& params, std::span<const PerlinKey> keys, Index side);
/// normalise(mask ? (1 - opacity[n]) source + opacity[n] x : x).
[[nodiscard]] Array blend_anomalies(const Normalisation& normalisation, const Array& x, const Array& source,
                                    const Array& mask, std::span<const float> opacity);
/// x [N,H,W,C] of whole numbers 0..255 at height x width: an antialiasing triangle filter along rows, rounded to whole
/// numbers, then along columns, rounded. Weights are not rounded, so a value may differ by 1 from fixed point.
[[nodiscard]] Array resize_images(const Array& x, Index height, Index width);

}  // namespace mdd::reference
