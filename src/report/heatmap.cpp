#include "report/heatmap.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.h"

namespace mdd::report {
namespace {

constexpr std::int64_t kGap = 4;  // pixels between the pictures of a panel

void check_extents(const data::Image& image, std::span<const float> map, std::span<const std::uint8_t> truth) {
  const auto pixels = static_cast<std::size_t>(image.height * image.width);
  require(image.pixels.size() == 3 * pixels, "overlay: photograph is height x width x 3");
  require(map.size() == pixels, "overlay: map has the extents of the photograph");
  require(truth.empty() || truth.size() == pixels, "overlay: ground truth has the extents of the photograph");
}

/// Share of the heat colour in the blend.
float heat_share(float value, const OverlayOptions& options) {
  const float start = 0.5f * (options.scale.low + options.threshold);
  if (!(value > start)) return 0.0f;
  if (value >= options.threshold) return 0.6f;
  return 0.6f * (value - start) / (options.threshold - start);
}

/// Paints the pixels of a region that have a neighbour (of four) outside it; the edge of the picture is no neighbour.
template <class Inside>
void outline(data::Image& image, const Inside& inside, const Rgb& colour) {
  const auto outside_at = [&](std::int64_t y, std::int64_t x) {
    if (y < 0 || x < 0 || y >= image.height || x >= image.width) return false;
    return !inside(static_cast<std::size_t>(y * image.width + x));
  };
  for (std::int64_t y = 0; y < image.height; ++y) {
    for (std::int64_t x = 0; x < image.width; ++x) {
      const auto at = static_cast<std::size_t>(y * image.width + x);
      if (!inside(at)) continue;
      if (outside_at(y - 1, x) || outside_at(y + 1, x) || outside_at(y, x - 1) || outside_at(y, x + 1)) {
        std::copy(colour.begin(), colour.end(), image.pixels.begin() + static_cast<std::ptrdiff_t>(3 * at));
      }
    }
  }
}

}  // namespace

Rgb heat_colour(float value, const ColourScale& scale) {
  if (!(std::isfinite(scale.low) && std::isfinite(scale.high) && scale.low < scale.high)) {
    fail(ErrorKind::kUsage, "colour scale: expected finite low < high, found " + std::to_string(scale.low) + " and " +
                                std::to_string(scale.high));
  }
  static constexpr std::array<std::array<float, 3>, 7> kAnchors{
      {{0, 0, 4}, {40, 12, 90}, {110, 26, 110}, {180, 50, 85}, {235, 100, 40}, {250, 175, 35}, {252, 250, 170}}};
  constexpr auto kIntervals = static_cast<float>(kAnchors.size() - 1);
  const float share = std::isnan(value) ? 0.0f : std::clamp((value - scale.low) / (scale.high - scale.low), 0.0f, 1.0f);
  const float at = share * kIntervals;
  const auto first = std::min(static_cast<std::size_t>(at), kAnchors.size() - 2);
  const float rest = at - static_cast<float>(first);
  Rgb colour{};
  for (std::size_t k = 0; k < 3; ++k) {
    const float level = kAnchors[first][k] + rest * (kAnchors[first + 1][k] - kAnchors[first][k]);
    colour[k] = static_cast<std::uint8_t>(level + 0.5f);
  }
  return colour;
}

data::Image heatmap(std::span<const float> map, std::int64_t height, std::int64_t width, const ColourScale& scale) {
  require(height >= 0 && width >= 0 && map.size() == static_cast<std::size_t>(height * width),
          "heat map: map is height x width");
  data::Image image{height, width, {}};
  image.pixels.reserve(3 * map.size());
  for (const float value : map) {
    const Rgb colour = heat_colour(value, scale);
    image.pixels.insert(image.pixels.end(), colour.begin(), colour.end());
  }
  return image;
}

data::Image overlay(const data::Image& photograph, std::span<const float> map, const OverlayOptions& options) {
  check_extents(photograph, map, options.truth);
  data::Image image = photograph;
  for (std::size_t i = 0; i < map.size(); ++i) {
    const float share = heat_share(map[i], options);
    if (share <= 0.0f) continue;
    const Rgb heat = heat_colour(map[i], options.scale);
    for (std::size_t k = 0; k < 3; ++k) {
      std::uint8_t& level = image.pixels[3 * i + k];
      const float blend = (1.0f - share) * static_cast<float>(level) + share * static_cast<float>(heat[k]);
      level = static_cast<std::uint8_t>(blend + 0.5f);
    }
  }
  outline(
      image, [&](std::size_t i) { return map[i] > options.threshold; }, kDetectionColour);
  if (!options.truth.empty())
    outline(
        image, [&](std::size_t i) { return options.truth[i] != 0; }, kTruthColour);
  return image;
}

data::Image panel(const data::Image& photograph, std::span<const float> map, const OverlayOptions& options) {
  const data::Image heat = heatmap(map, photograph.height, photograph.width, options.scale);
  const data::Image blend = overlay(photograph, map, options);
  data::Image out{photograph.height, 3 * photograph.width + 2 * kGap, {}};
  out.pixels.assign(static_cast<std::size_t>(out.height * out.width * 3), 255);
  std::int64_t left = 0;
  for (const data::Image* part : {&photograph, &heat, &blend}) {
    for (std::int64_t y = 0; y < out.height; ++y) {
      const auto from = part->pixels.begin() + y * part->width * 3;
      std::copy(from, from + part->width * 3, out.pixels.begin() + (y * out.width + left) * 3);
    }
    left += photograph.width + kGap;
  }
  return out;
}

}  // namespace mdd::report
