// The arithmetic of anomaly sources (spec S7, step 2), shared by every backend and written once: the same bytes on all
// of them.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/host_device.h"
#include "core/rounded_product.h"
#include "ops/params.h"

namespace mdd::source {

struct Colour {
  std::uint8_t red = 0, green = 0, blue = 0;  // black
};

[[nodiscard]] constexpr Colour load(const std::uint8_t* pixel) noexcept { return {pixel[0], pixel[1], pixel[2]}; }
MDDNET_HOST_DEVICE inline void store(Colour colour, std::uint8_t* pixel) noexcept {
  pixel[0] = colour.red;
  pixel[1] = colour.green;
  pixel[2] = colour.blue;
}

/// A pixel: row and column.
struct Place {
  int y, x;
};

[[nodiscard]] constexpr float clamped(float value, float low, float high) noexcept {
  const float above = low > value ? low : value;
  return high < above ? high : above;
}
[[nodiscard]] constexpr std::uint8_t to_byte(float value) noexcept {
  return static_cast<std::uint8_t>(clamped(value, 0.0f, 255.0f) + 0.5f);
}

// ---- colours --------------------------------------------------------------------------------------------------------

/// Hue in sixths of a turn, 0 .. 6; the others 0 .. 1.
struct Hsv {
  float hue, saturation, value;
};

/// An angle of -6 .. 12 sixths of a turn as one of 0 .. 6.
[[nodiscard]] constexpr float wrapped(float sixths) noexcept {
  return sixths < 0.0f ? sixths + 6.0f : sixths < 6.0f ? sixths : sixths - 6.0f;
}

[[nodiscard]] constexpr Hsv to_hsv(float red, float green, float blue) noexcept {
  const float most = std::max(std::max(red, green), blue), least = std::min(std::min(red, green), blue);
  const float range = most - least;
  if (range <= 0.0f) return {0.0f, 0.0f, most};
  const float hue = most == red     ? (green - blue) / range
                    : most == green ? 2.0f + (blue - red) / range
                                    : 4.0f + (red - green) / range;
  return {wrapped(hue), range / most, most};
}

/// One channel of HSV -> RGB; `offset` is 5, 3, 1 for red, green, blue.
[[nodiscard]] MDDNET_HOST_DEVICE inline float from_hsv(const Hsv& colour, float offset) noexcept {
  const float k = wrapped(offset + colour.hue);
  const float least = k < 4.0f - k ? k : 4.0f - k;
  return colour.value * (1.0f - rounded_product(colour.saturation, clamped(least, 0.0f, 1.0f)));
}

[[nodiscard]] MDDNET_HOST_DEVICE inline Colour with_hue_and_saturation(Colour colour, float hue,
                                                                       float saturation) noexcept {
  Hsv hsv = to_hsv(static_cast<float>(colour.red) / 255.0f, static_cast<float>(colour.green) / 255.0f,
                   static_cast<float>(colour.blue) / 255.0f);
  hsv.hue = wrapped(hsv.hue + hue);
  hsv.saturation = clamped(hsv.saturation + saturation, 0.0f, 1.0f);
  return {to_byte(255.0f * from_hsv(hsv, 5.0f)), to_byte(255.0f * from_hsv(hsv, 3.0f)),
          to_byte(255.0f * from_hsv(hsv, 1.0f))};
}

[[nodiscard]] constexpr std::uint8_t channel(Colour colour, int number) noexcept {
  return number == 0 ? colour.red : number == 1 ? colour.green : colour.blue;
}

/// What a distortion makes of one pixel's colour; those that only move pixels leave it.
[[nodiscard]] MDDNET_HOST_DEVICE inline Colour recoloured(const Distortion& distortion, Colour colour) noexcept {
  switch (distortion.kind) {
    case DistortionKind::kValues:
      return {distortion.values[colour.red], distortion.values[colour.green], distortion.values[colour.blue]};
    case DistortionKind::kColour:
      return with_hue_and_saturation(colour, distortion.hue, distortion.saturation);
    case DistortionKind::kChannels:
      return {channel(colour, distortion.channels[0]), channel(colour, distortion.channels[1]),
              channel(colour, distortion.channels[2])};
    default:
      return colour;
  }
}

// ---- places ---------------------------------------------------------------------------------------------------------

/// Where the pixel now at `place` was before the roll.
[[nodiscard]] constexpr Place unrolled(const Distortion& roll, int height, int width, Place place) noexcept {
  const int y = place.y - roll.down, x = place.x - roll.right;
  return {y < 0 ? y + height : y, x < 0 ? x + width : x};
}

/// Where the pixel now at `place` was before the cells were shuffled; sides are multiples of SourceRecipe::kGrid.
[[nodiscard]] constexpr Place unshuffled(const SourceRecipe& recipe, int height, int width, Place place) noexcept {
  constexpr int kGrid = SourceRecipe::kGrid;
  const int rows = height / kGrid, columns = width / kGrid;
  const int now = place.y / rows * kGrid + place.x / columns;
  const int cell = recipe.cells[static_cast<std::size_t>(now)];
  return {cell / kGrid * rows + place.y % rows, cell % kGrid * columns + place.x % columns};
}

/// The colour at `place` of an image rotated about its centre, black from outside, bilinear between the four pixels
/// that `at(place)` gives.
template <class At>
[[nodiscard]] MDDNET_HOST_DEVICE Colour rotated(const Distortion& rotation, int height, int width, Place place,
                                                const At& at) {
  const float middle_y = static_cast<float>(height - 1) / 2.0f, middle_x = static_cast<float>(width - 1) / 2.0f;
  const float dy = static_cast<float>(place.y) - middle_y, dx = static_cast<float>(place.x) - middle_x;
  const float from_y = middle_y + rounded_product(rotation.cosine, dy) + rounded_product(rotation.sine, dx);
  const float from_x = middle_x + rounded_product(rotation.cosine, dx) - rounded_product(rotation.sine, dy);
  const float top = std::floor(from_y), left = std::floor(from_x);
  const int y = static_cast<int>(top), x = static_cast<int>(left);
  const float v = from_y - top, u = from_x - left;
  const auto colour_at = [&](int row, int column) {
    return row >= 0 && row < height && column >= 0 && column < width ? at(Place{row, column}) : Colour{};
  };
  const Colour a = colour_at(y, x), b = colour_at(y, x + 1), c = colour_at(y + 1, x), d = colour_at(y + 1, x + 1);
  const auto between = [](float share, float first, float second) {
    return rounded_product(1.0f - share, first) + rounded_product(share, second);
  };
  const auto mixed = [&](std::uint8_t first, std::uint8_t second, std::uint8_t third, std::uint8_t fourth) {
    const float upper = between(u, static_cast<float>(first), static_cast<float>(second));
    const float lower = between(u, static_cast<float>(third), static_cast<float>(fourth));
    return to_byte(between(v, upper, lower));
  };
  return {mixed(a.red, b.red, c.red, d.red), mixed(a.green, b.green, c.green, d.green),
          mixed(a.blue, b.blue, c.blue, d.blue)};
}

// ---- all of a recipe ------------------------------------------------------------------------------------------------

/// Pixel `place` of the source: followed backwards through rolls, rotation and grid to where `at(place)` gives the
/// image's own colours, which then take the distortions in turn. No image in between is ever stored.
template <class At>
[[nodiscard]] MDDNET_HOST_DEVICE Colour source_pixel(const SourceRecipe& recipe, int height, int width, Place place,
                                                     const At& at) {
  const auto step = [&recipe](int i) -> const Distortion& { return recipe.distortions[static_cast<std::size_t>(i)]; };
  int rotation = recipe.count - 1;
  for (; rotation >= 0 && step(rotation).kind != DistortionKind::kRotation; --rotation) {
    if (step(rotation).kind == DistortionKind::kRoll) place = unrolled(step(rotation), height, width, place);
  }
  const auto before_rotation = [&](Place from) {  // or, where there is none, before everything
    for (int i = rotation - 1; i >= 0; --i) {
      if (step(i).kind == DistortionKind::kRoll) from = unrolled(step(i), height, width, from);
    }
    Colour colour = at(recipe.shuffled ? unshuffled(recipe, height, width, from) : from);
    for (int i = 0; i < rotation; ++i) colour = recoloured(step(i), colour);
    return colour;
  };
  Colour colour =
      rotation < 0 ? before_rotation(place) : rotated(step(rotation), height, width, place, before_rotation);
  for (int i = rotation + 1; i < recipe.count; ++i) colour = recoloured(step(i), colour);
  return colour;
}

}  // namespace mdd::source
