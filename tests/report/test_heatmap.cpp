#include <cmath>
#include <doctest/doctest.h>
#include <limits>
#include <vector>

#include "core/error.h"
#include "report/heatmap.h"

using namespace mdd;
using namespace mdd::report;

namespace {

double lightness(const Rgb& colour) { return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]; }

Rgb pixel(const data::Image& image, std::int64_t y, std::int64_t x) {
  const auto at = static_cast<std::size_t>((y * image.width + x) * 3);
  return {image.pixels[at], image.pixels[at + 1], image.pixels[at + 2]};
}

data::Image grey_image(std::int64_t height, std::int64_t width) {
  return {height, width, std::vector<std::uint8_t>(static_cast<std::size_t>(height * width * 3), 128)};
}

}  // namespace

TEST_CASE("the colour scale: lighter and lighter, clamped at both ends, fixed by the caller") {
  const ColourScale scale{-1.0f, 3.0f};
  double previous = -1.0;
  for (int i = 0; i <= 256; ++i) {
    const double light = lightness(heat_colour(-1.0f + 4.0f * static_cast<float>(i) / 256.0f, scale));
    CHECK(light >= previous);
    previous = light;
  }
  CHECK(lightness(heat_colour(3.0f, scale)) - lightness(heat_colour(-1.0f, scale)) > 200.0);
  const float infinity = std::numeric_limits<float>::infinity();
  CHECK(heat_colour(-9.0f, scale) == heat_colour(-1.0f, scale));
  CHECK(heat_colour(infinity, scale) == heat_colour(3.0f, scale));
  CHECK(heat_colour(-infinity, scale) == heat_colour(-1.0f, scale));
  CHECK(heat_colour(std::nanf(""), scale) == heat_colour(-1.0f, scale));
  CHECK(heat_colour(1.0f, scale) == heat_colour(0.5f, {0.0f, 1.0f}));
}

TEST_CASE("an impossible colour scale is refused") {
  CHECK_THROWS_AS((void)heat_colour(0.0f, {1.0f, 1.0f}), Error);
  CHECK_THROWS_AS((void)heat_colour(0.0f, {2.0f, 1.0f}), Error);
  CHECK_THROWS_AS((void)heat_colour(0.0f, {0.0f, std::numeric_limits<float>::infinity()}), Error);
  CHECK_THROWS_AS((void)heat_colour(0.0f, {std::nanf(""), 1.0f}), Error);
}

TEST_CASE("a heat map is never stretched to its own range") {
  const data::Image quiet = heatmap(std::vector<float>{0.0f, 0.01f, 0.02f, 0.03f}, 2, 2, {0.0f, 1.0f});
  for (std::int64_t i = 0; i < 4; ++i) CHECK(lightness(pixel(quiet, i / 2, i % 2)) < 12.0);
  CHECK_THROWS_AS((void)heatmap(std::vector<float>(5), 2, 2, {}), Error);
}

TEST_CASE("overlay: calm pixels stay, hot ones glow, both contours are drawn inside their regions") {
  const data::Image photograph = grey_image(9, 9);
  std::vector<float> map(81, 0.1f);
  std::vector<std::uint8_t> truth(81, 0);
  for (std::int64_t y = 1; y <= 5; ++y) {
    for (std::int64_t x = 1; x <= 5; ++x) map[static_cast<std::size_t>(y * 9 + x)] = 0.9f;
  }
  truth[7 * 9 + 7] = 255;
  const OverlayOptions options{{0.0f, 1.0f}, 0.5f, truth};
  const data::Image out = overlay(photograph, map, options);
  CHECK(pixel(out, 0, 0) == Rgb{128, 128, 128});
  CHECK(pixel(out, 6, 3) == Rgb{128, 128, 128});
  CHECK(pixel(out, 1, 3) == kDetectionColour);
  CHECK(pixel(out, 5, 5) == kDetectionColour);
  CHECK(pixel(out, 7, 7) == kTruthColour);
  const Rgb heat = heat_colour(0.9f, options.scale);
  for (std::size_t k = 0; k < 3; ++k) CHECK(std::abs(pixel(out, 3, 3)[k] - (0.4 * 128 + 0.6 * heat[k])) <= 1.0);

  map[0] = 0.4f;  // between half way and the threshold: a faint tint, no contour
  const data::Image faint = overlay(photograph, map, options);
  CHECK(pixel(faint, 0, 0) != Rgb{128, 128, 128});
  CHECK(pixel(faint, 0, 0) != kDetectionColour);
}

TEST_CASE("overlay: a threshold at or below the scale's low end is no division by zero") {
  for (const float threshold : {0.0f, -1.0f}) {
    const data::Image out = overlay(grey_image(1, 2), std::vector<float>{-2.0f, 0.5f}, {{0.0f, 1.0f}, threshold, {}});
    CHECK(pixel(out, 0, 0) == Rgb{128, 128, 128});
    CHECK(pixel(out, 0, 1) == kDetectionColour);
  }
}

TEST_CASE("panel: photograph, heat map and overlay side by side") {
  const data::Image photograph = grey_image(3, 5);
  const std::vector<float> map(15, 1.0f);
  const OverlayOptions options{{0.0f, 1.0f}, 2.0f, {}};
  const data::Image out = panel(photograph, map, options);
  CHECK(out.height == 3);
  CHECK(out.width == 3 * 5 + 2 * 4);
  CHECK(pixel(out, 2, 4) == Rgb{128, 128, 128});
  CHECK(pixel(out, 2, 5) == Rgb{255, 255, 255});
  CHECK(pixel(out, 0, 9) == heat_colour(1.0f, options.scale));
  CHECK(pixel(out, 2, 22) == pixel(overlay(photograph, map, options), 2, 4));
}

TEST_CASE("overlay refuses maps and masks of other extents") {
  const std::vector<std::uint8_t> truth(3);
  CHECK_THROWS_AS((void)overlay(grey_image(2, 2), std::vector<float>(5), {}), Error);
  CHECK_THROWS_AS((void)overlay(grey_image(2, 2), std::vector<float>(4), {{}, 0.5f, truth}), Error);
  data::Image broken = grey_image(2, 2);
  broken.pixels.pop_back();
  CHECK_THROWS_AS((void)panel(broken, std::vector<float>(4), {}), Error);
}
