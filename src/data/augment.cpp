#include "data/augment.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>

#include "core/error.h"

namespace mdd::data {
namespace {

std::uint8_t to_byte(float value) { return static_cast<std::uint8_t>(std::clamp(value, 0.0f, 255.0f) + 0.5f); }

/// Applies a function of one value to every value, through a table of its 256 results.
template <typename Function>
void map_values(Image& image, Function function) {
  std::array<std::uint8_t, 256> table;
  for (int value = 0; value < 256; ++value) table[static_cast<std::size_t>(value)] = function(value);
  for (std::uint8_t& value : image.pixels) value = table[value];
}

struct Hsv {
  float hue, saturation, value;  // hue in sixths of a turn, 0 .. 6; the others 0 .. 1
};

Hsv to_hsv(float red, float green, float blue) {
  const float most = std::max({red, green, blue});
  const float range = most - std::min({red, green, blue});
  if (range <= 0.0f) return {0.0f, 0.0f, most};
  float hue = 0.0f;
  if (most == red) {
    hue = (green - blue) / range;
  } else if (most == green) {
    hue = 2.0f + (blue - red) / range;
  } else {
    hue = 4.0f + (red - green) / range;
  }
  return {hue < 0.0f ? hue + 6.0f : hue, range / most, most};
}

/// One channel of HSV -> RGB; `offset` is 5, 3, 1 for red, green, blue.
float from_hsv(const Hsv& colour, float offset) {
  const float k = std::fmod(offset + colour.hue, 6.0f);
  return colour.value * (1.0f - colour.saturation * std::clamp(std::min(k, 4.0f - k), 0.0f, 1.0f));
}

}  // namespace

void adjust_gamma(Image& image, float gamma) {
  map_values(image,
             [gamma](int value) { return to_byte(255.0f * std::pow(static_cast<float>(value) / 255.0f, gamma)); });
}

void adjust_brightness(Image& image, float factor, float offset) {
  map_values(image, [factor, offset](int value) { return to_byte(factor * static_cast<float>(value) + offset); });
}

void adjust_hue_saturation(Image& image, float hue_shift, float saturation_shift) {
  const float hue_sixths = hue_shift * (6.0f / 255.0f);
  for (std::size_t i = 0; i + 2 < image.pixels.size(); i += 3) {
    std::uint8_t* pixel = image.pixels.data() + i;
    Hsv colour = to_hsv(static_cast<float>(pixel[0]) / 255.0f, static_cast<float>(pixel[1]) / 255.0f,
                        static_cast<float>(pixel[2]) / 255.0f);
    const float hue = std::fmod(colour.hue + hue_sixths, 6.0f);
    colour.hue = hue < 0.0f ? hue + 6.0f : hue;
    colour.saturation = std::clamp(colour.saturation + saturation_shift / 255.0f, 0.0f, 1.0f);
    pixel[0] = to_byte(255.0f * from_hsv(colour, 5.0f));
    pixel[1] = to_byte(255.0f * from_hsv(colour, 3.0f));
    pixel[2] = to_byte(255.0f * from_hsv(colour, 1.0f));
  }
}

void permute_channels(Image& image, const std::array<std::size_t, 3>& order) {
  for (std::size_t i = 0; i + 2 < image.pixels.size(); i += 3) {
    const std::array<std::uint8_t, 3> old = {image.pixels[i], image.pixels[i + 1], image.pixels[i + 2]};
    for (std::size_t c = 0; c < 3; ++c) image.pixels[i + c] = old[order[c]];
  }
}

void solarise(Image& image, int threshold) {
  map_values(image,
             [threshold](int value) { return static_cast<std::uint8_t>(value < threshold ? value : 255 - value); });
}

void posterise(Image& image, int bits) {
  const int kept = 0xFF << (8 - bits);
  map_values(image, [kept](int value) { return static_cast<std::uint8_t>(value & kept); });
}

void invert(Image& image) {
  map_values(image, [](int value) { return static_cast<std::uint8_t>(255 - value); });
}

Image rotate(const Image& image, float degrees) {
  const float angle = degrees * (std::numbers::pi_v<float> / 180.0f);
  const float cosine = std::cos(angle), sine = std::sin(angle);
  const float middle_y = static_cast<float>(image.height - 1) / 2.0f,
              middle_x = static_cast<float>(image.width - 1) / 2.0f;
  Image out{image.height, image.width, std::vector<std::uint8_t>(image.pixels.size())};
  const auto value_at = [&image](std::int64_t y, std::int64_t x, std::int64_t c) {
    const bool inside = y >= 0 && y < image.height && x >= 0 && x < image.width;
    return inside ? static_cast<float>(image.pixels[static_cast<std::size_t>((y * image.width + x) * 3 + c)]) : 0.0f;
  };
  std::uint8_t* to = out.pixels.data();
  for (std::int64_t y = 0; y < image.height; ++y) {
    for (std::int64_t x = 0; x < image.width; ++x) {
      const float dy = static_cast<float>(y) - middle_y, dx = static_cast<float>(x) - middle_x;
      const float from_y = middle_y + cosine * dy + sine * dx, from_x = middle_x + cosine * dx - sine * dy;
      const float top = std::floor(from_y), left = std::floor(from_x);
      const float v = from_y - top, u = from_x - left;
      const auto y0 = static_cast<std::int64_t>(top), x0 = static_cast<std::int64_t>(left);
      for (std::int64_t c = 0; c < 3; ++c) {
        const float upper = (1.0f - u) * value_at(y0, x0, c) + u * value_at(y0, x0 + 1, c);
        const float lower = (1.0f - u) * value_at(y0 + 1, x0, c) + u * value_at(y0 + 1, x0 + 1, c);
        *to++ = to_byte((1.0f - v) * upper + v * lower);
      }
    }
  }
  return out;
}

Image roll(const Image& image, std::int64_t down, std::int64_t right) {
  require(down >= 0 && down < image.height && right >= 0 && right < image.width, "roll: shifts inside the image");
  Image out{image.height, image.width, std::vector<std::uint8_t>(image.pixels.size())};
  const std::int64_t row = image.width * 3;
  for (std::int64_t y = 0; y < image.height; ++y) {
    const auto from = image.pixels.begin() + y * row;
    const auto to = out.pixels.begin() + (y + down) % image.height * row;
    std::rotate_copy(from, from + (row - 3 * right), from + row, to);
  }
  return out;
}

}  // namespace mdd::data
