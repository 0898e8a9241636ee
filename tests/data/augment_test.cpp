#include "data/augment.h"

#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>

#include "fixtures.h"

namespace mdd::data {
namespace {

using Bytes = std::vector<std::uint8_t>;

Image row(const Bytes& pixels) { return {1, static_cast<std::int64_t>(pixels.size() / 3), pixels}; }

Image distorted(Image image, const Distortion& distortion) {
  distort(image, distortion);
  return image;
}

int worst_difference(const Image& a, const Image& b) {
  int worst = a.pixels.size() == b.pixels.size() ? 0 : 256;
  for (std::size_t i = 0; worst < 256 && i < a.pixels.size(); ++i) {
    worst = std::max(worst, std::abs(a.pixels[i] - b.pixels[i]));
  }
  return worst;
}

TEST_CASE("gamma keeps the ends, and 1 keeps everything") {
  Image image = row({0, 64, 255});
  distort(image, gamma_curve(2.0f));
  CHECK(image.pixels == Bytes{0, 16, 255});  // 255 * (64 / 255)^2 = 16.06
  Image same = test::random_image(8, 8, 1);
  const Image before = same;
  distort(same, gamma_curve(1.0f));
  CHECK(same.pixels == before.pixels);
}

TEST_CASE("brightness scales, shifts and clamps") {
  Image image = row({0, 100, 250});
  distort(image, brightness(1.2f, 10.0f));
  CHECK(image.pixels == Bytes{10, 130, 255});
  distort(image, brightness(1.0f, -30.0f));
  CHECK(image.pixels == Bytes{0, 100, 225});
}

TEST_CASE("hue turns the colour wheel, saturation fades to grey") {
  Image image = row({255, 0, 0, 0, 255, 0, 128, 128, 128});
  distort(image, hue_and_saturation(85.0f, 0.0f));  // a third of a turn: red -> green -> blue
  CHECK(image.pixels == Bytes{0, 255, 0, 0, 0, 255, 128, 128, 128});
  distort(image, hue_and_saturation(-85.0f, 0.0f));
  CHECK(image.pixels == Bytes{255, 0, 0, 0, 255, 0, 128, 128, 128});
  distort(image, hue_and_saturation(0.0f, -255.0f));
  CHECK(image.pixels == Bytes{255, 255, 255, 255, 255, 255, 128, 128, 128});
}

TEST_CASE("no shift of hue and saturation keeps the image") {
  Image image = test::random_image(32, 32, 2);
  const Image before = image;
  distort(image, hue_and_saturation(0.0f, 0.0f));
  CHECK(worst_difference(image, before) <= 1);
  distort(image, hue_and_saturation(255.0f, 0.0f));  // a whole turn
  CHECK(worst_difference(image, before) <= 2);
}

TEST_CASE("channels, solarise, posterise, invert") {
  Image image = row({1, 2, 3, 200, 100, 50});
  distort(image, channel_order({2, 0, 1}));
  CHECK(image.pixels == Bytes{3, 1, 2, 50, 200, 100});
  distort(image, solarisation(100));
  CHECK(image.pixels == Bytes{3, 1, 2, 50, 55, 155});
  distort(image, posterisation(3));
  CHECK(image.pixels == Bytes{0, 0, 0, 32, 32, 128});
  distort(image, inversion());
  CHECK(image.pixels == Bytes{255, 255, 255, 223, 223, 127});
}

TEST_CASE("rotation: none, a quarter turn counter-clockwise, and back") {
  const Image image = test::random_image(16, 16, 3);
  CHECK(distorted(image, rotation(0.0f)).pixels == image.pixels);
  const Image quarter = distorted(image, rotation(90.0f));
  for (std::size_t y = 0; y < 16; ++y) {
    for (std::size_t x = 0; x < 16; ++x) {
      // The right column becomes the top row.
      CHECK(std::abs(quarter.pixels[(y * 16 + x) * 3] - image.pixels[(x * 16 + 15 - y) * 3]) <= 1);
    }
  }
  const Image eighth = distorted({17, 17, Bytes(17 * 17 * 3, 200)}, rotation(45.0f));
  CHECK(eighth.pixels[0] == 0);                   // the corner is uncovered
  CHECK(eighth.pixels[(8 * 17 + 8) * 3] == 200);  // the centre stays
}

TEST_CASE("roll is a cyclic shift") {
  const Image image{2, 3, {1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6}};
  CHECK(distorted(image, roll(1, 2)).pixels == Bytes{5, 5, 5, 6, 6, 6, 4, 4, 4, 2, 2, 2, 3, 3, 3, 1, 1, 1});
  CHECK(distorted(image, roll(0, 0)).pixels == image.pixels);
  const Image random = test::random_image(9, 7, 4);
  CHECK(distorted(distorted(random, roll(4, 6)), roll(5, 1)).pixels == random.pixels);
  CHECK_THROWS_AS((void)distorted(image, roll(2, 0)), Error);
}

}  // namespace
}  // namespace mdd::data
