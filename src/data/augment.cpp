#include "data/augment.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>

#include "core/error.h"
#include "ops/source_arithmetic.h"

namespace mdd::data {
namespace {

/// A function of one value as a table of its 256 results.
template <typename Function>
Distortion value_map(Function function) {
  Distortion out;
  for (int value = 0; value < 256; ++value) out.values[static_cast<std::size_t>(value)] = function(value);
  return out;
}

void map_values(Image& image, const std::array<std::uint8_t, 256>& table) {
  for (std::uint8_t& value : image.pixels) value = table[value];
}

void recolour(Image& image, const Distortion& distortion) {
  for (std::size_t i = 0; i + 2 < image.pixels.size(); i += 3) {
    std::uint8_t* pixel = image.pixels.data() + i;
    source::store(source::recoloured(distortion, source::load(pixel)), pixel);
  }
}

std::vector<std::uint8_t> rotated(const Image& image, const Distortion& rotation) {
  std::vector<std::uint8_t> out(image.pixels.size());
  const auto height = static_cast<int>(image.height), width = static_cast<int>(image.width);
  const auto at = [&image](source::Place place) {
    return source::load(image.pixels.data() + (place.y * image.width + place.x) * 3);
  };
  std::uint8_t* to = out.data();
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      source::store(source::rotated(rotation, height, width, {y, x}, at), to);
      to += 3;
    }
  }
  return out;
}

std::vector<std::uint8_t> rolled(const Image& image, std::int64_t down, std::int64_t right) {
  require(down >= 0 && down < image.height && right >= 0 && right < image.width, "roll: shifts inside the image");
  std::vector<std::uint8_t> out(image.pixels.size());
  const std::int64_t row = image.width * 3;
  for (std::int64_t y = 0; y < image.height; ++y) {
    const auto from = image.pixels.begin() + y * row;
    const auto to = out.begin() + (y + down) % image.height * row;
    std::rotate_copy(from, from + (row - 3 * right), from + row, to);
  }
  return out;
}

}  // namespace

Distortion gamma_curve(float gamma) {
  return value_map(
      [gamma](int value) { return source::to_byte(255.0f * std::pow(static_cast<float>(value) / 255.0f, gamma)); });
}

Distortion brightness(float factor, float offset) {
  return value_map(
      [factor, offset](int value) { return source::to_byte(factor * static_cast<float>(value) + offset); });
}

Distortion hue_and_saturation(float hue_shift, float saturation_shift) {
  Distortion out;
  out.kind = DistortionKind::kColour;
  out.hue = hue_shift * (6.0f / 255.0f);
  out.saturation = saturation_shift / 255.0f;
  return out;
}

Distortion channel_order(const std::array<std::uint8_t, 3>& order) {
  Distortion out;
  out.kind = DistortionKind::kChannels;
  out.channels = order;
  return out;
}

Distortion solarisation(int threshold) {
  return value_map(
      [threshold](int value) { return static_cast<std::uint8_t>(value < threshold ? value : 255 - value); });
}

Distortion posterisation(int bits) {
  const int kept = 0xFF << (8 - bits);
  return value_map([kept](int value) { return static_cast<std::uint8_t>(value & kept); });
}

Distortion inversion() {
  return value_map([](int value) { return static_cast<std::uint8_t>(255 - value); });
}

Distortion rotation(float degrees) {
  const float angle = degrees * (std::numbers::pi_v<float> / 180.0f);
  Distortion out;
  out.kind = DistortionKind::kRotation;
  out.cosine = std::cos(angle);
  out.sine = std::sin(angle);
  return out;
}

Distortion roll(std::int32_t down, std::int32_t right) {
  Distortion out;
  out.kind = DistortionKind::kRoll;
  out.down = down;
  out.right = right;
  return out;
}

void distort(Image& image, const Distortion& distortion) {
  switch (distortion.kind) {
    case DistortionKind::kValues:
      return map_values(image, distortion.values);
    case DistortionKind::kColour:
    case DistortionKind::kChannels:
      return recolour(image, distortion);
    case DistortionKind::kRotation:
      image.pixels = rotated(image, distortion);
      return;
    case DistortionKind::kRoll:
      image.pixels = rolled(image, distortion.down, distortion.right);
      return;
  }
}

}  // namespace mdd::data
