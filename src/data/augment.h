// The distortions that make the source of a synthetic anomaly look unlike its surroundings (spec S7 step 2): first
// described, then carried out, by distort() here or by a backend (Backend::anomaly_sources). Strengths are the
// caller's.
#pragma once
#include <array>
#include <cstdint>

#include "data/image.h"
#include "ops/params.h"

namespace mdd::data {

/// value -> 255 * (value / 255) ^ gamma, gamma > 0.
[[nodiscard]] Distortion gamma_curve(float gamma);

/// value -> factor * value + offset, clamped; offset in grey levels.
[[nodiscard]] Distortion brightness(float factor, float offset);

/// Shifts hue (cyclic) and saturation (clamped) in the HSV cone, both in 1/255 of their range, -255 .. 255.
[[nodiscard]] Distortion hue_and_saturation(float hue_shift, float saturation_shift);

/// New channel c is old channel order[c]; `order` is a permutation of 0, 1, 2.
[[nodiscard]] Distortion channel_order(const std::array<std::uint8_t, 3>& order);

/// Inverts the values from `threshold` on.
[[nodiscard]] Distortion solarisation(int threshold);

/// Keeps the upper `bits` bits of every value, 1 .. 8.
[[nodiscard]] Distortion posterisation(int bits);

/// value -> 255 - value.
[[nodiscard]] Distortion inversion();

/// Rotates counter-clockwise about the centre, bilinear, black outside.
[[nodiscard]] Distortion rotation(float degrees);

/// Cyclic shift: the pixel at (0, 0) moves to (down, right). Shifts in 0 .. height - 1 and 0 .. width - 1.
[[nodiscard]] Distortion roll(std::int32_t down, std::int32_t right);

/// `image`, of any size of at least one pixel, after the distortion.
void distort(Image& image, const Distortion& distortion);

}  // namespace mdd::data
