// The distortions that make the source of a synthetic anomaly look unlike its surroundings (spec S7 step 2). Strengths
// are the caller's; images of any size of at least one pixel.
#pragma once
#include <array>
#include <cstdint>

#include "data/image.h"

namespace mdd::data {

/// value -> 255 * (value / 255) ^ gamma, gamma > 0.
void adjust_gamma(Image& image, float gamma);

/// value -> factor * value + offset, clamped; offset in grey levels.
void adjust_brightness(Image& image, float factor, float offset);

/// Shifts hue (cyclic) and saturation (clamped) in the HSV cone, both in 1/255 of their range.
void adjust_hue_saturation(Image& image, float hue_shift, float saturation_shift);

/// New channel c is old channel order[c]; `order` is a permutation of 0, 1, 2.
void permute_channels(Image& image, const std::array<std::size_t, 3>& order);

/// Inverts the values from `threshold` on.
void solarise(Image& image, int threshold);

/// Keeps the upper `bits` bits of every value, 1 .. 8.
void posterise(Image& image, int bits);

/// value -> 255 - value.
void invert(Image& image);

/// Rotates counter-clockwise about the centre, bilinear, black outside.
[[nodiscard]] Image rotate(const Image& image, float degrees);

/// Cyclic shift: the pixel at (0, 0) moves to (down, right). Shifts in 0 .. height - 1 and 0 .. width - 1.
[[nodiscard]] Image roll(const Image& image, std::int64_t down, std::int64_t right);

}  // namespace mdd::data
