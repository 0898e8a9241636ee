#include "data/synthesis.h"

#include <algorithm>
#include <array>
#include <doctest/doctest.h>
#include <numeric>
#include <set>
#include <span>

#include "core/checksum.h"
#include "fixtures.h"

namespace mdd::data {
namespace {

constexpr std::size_t kCount = 5;
const ImagePool kNone{0, nullptr};

/// Image i of this pool is filled with the value 10 * i.
ImagePool flat_images(std::size_t count) {
  return {count, [](std::size_t i) {
            return Image{32, 32, std::vector<std::uint8_t>(32 * 32 * 3, static_cast<std::uint8_t>(10 * i))};
          }};
}

std::vector<std::uint8_t> sorted_pixels(const Image& image) {
  std::vector<std::uint8_t> values = image.pixels;
  std::sort(values.begin(), values.end());
  return values;
}

TEST_CASE("a grid in its own order is the image, a reversed one is its own inverse") {
  const Image image = test::random_image(32, 64, 1);
  std::array<std::uint8_t, 64> order{};
  std::iota(order.begin(), order.end(), std::uint8_t{0});
  CHECK(rearrange_grid(image, order).pixels == image.pixels);
  std::reverse(order.begin(), order.end());
  const Image reversed = rearrange_grid(image, order);
  CHECK(reversed.pixels != image.pixels);
  CHECK(rearrange_grid(reversed, order).pixels == image.pixels);
  // The pixel at (0, 0) of the last cell, which is 4 x 8 and begins at (28, 56), is now the first.
  CHECK(reversed.pixels[0] == image.pixels[(28 * 64 + 56) * 3]);
  CHECK_THROWS_AS((void)rearrange_grid(test::random_image(30, 32, 1), order), Error);
}

TEST_CASE("without textures: half another image, half the shuffled image itself, never the image unchanged") {
  const Image own = test::random_image(32, 32, 2);
  int shuffled = 0;
  std::set<std::uint8_t> others;
  for (std::uint32_t epoch = 0; epoch < 200; ++epoch) {
    const Image source = anomaly_source(own, kNone, flat_images(kCount), false, {1, epoch, 2});
    CHECK(source.pixels != own.pixels);
    if (sorted_pixels(source) == sorted_pixels(own)) {
      ++shuffled;
    } else {
      others.insert(source.pixels[0]);
    }
  }
  CHECK(shuffled > 70);
  CHECK(shuffled < 130);
  CHECK(others == std::set<std::uint8_t>{0, 10, 30, 40});  // all but number 2
}

TEST_CASE("the only training image is its own source") {
  const Image own = test::random_image(32, 32, 3);
  for (std::uint32_t epoch = 0; epoch < 20; ++epoch) {
    const Image source = anomaly_source(own, kNone, flat_images(1), false, {1, epoch, 0});
    CHECK(sorted_pixels(source) == sorted_pixels(own));
  }
}

TEST_CASE("textures come first when there are any") {
  const Image own = test::random_image(32, 32, 4);
  std::set<std::uint8_t> used;
  for (std::uint32_t item = 0; item < 60; ++item) {
    const Image source = anomaly_source(own, flat_images(3), kNone, false, {1, 0, item});
    CHECK(sorted_pixels(source).front() == sorted_pixels(source).back());
    used.insert(source.pixels[0]);
  }
  CHECK(used == std::set<std::uint8_t>{0, 10, 20});
}

TEST_CASE("the key decides: equal keys equal sources, every part of it counts") {
  const Image own = test::random_image(32, 32, 5);
  const auto source = [&](const SourceKey& key) {
    return anomaly_source(own, kNone, flat_images(1), true, key).pixels;
  };
  CHECK(source({1, 2, 3}) == source({1, 2, 3}));
  CHECK(source({1, 2, 3}) != source({2, 2, 3}));
  CHECK(source({1, 2, 3}) != source({1, 3, 3}));
  CHECK(source({1, 2, 3}) != source({1, 2, 4}));
}

TEST_CASE("augmentation leaves about a quarter of the sources alone and keeps the size") {
  const Image own = test::random_image(32, 32, 6);
  int untouched = 0;
  for (std::uint32_t item = 0; item < 200; ++item) {
    const Image plain = anomaly_source(own, kNone, flat_images(1), false, {1, 0, item});
    const Image augmented = anomaly_source(own, kNone, flat_images(1), true, {1, 0, item});
    CHECK(augmented.pixels.size() == own.pixels.size());
    if (augmented.pixels == plain.pixels) ++untouched;
  }
  CHECK(untouched > 25);
  CHECK(untouched < 80);
}

TEST_CASE("a seed's sources keep their bits from version to version") {
  const ImagePool images{kCount,
                         [](std::size_t i) { return test::random_image(24, 24, static_cast<std::uint32_t>(i)); }};
  Checksum checksum;
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    for (std::uint32_t epoch = 0; epoch < 30; ++epoch) {
      const auto item = static_cast<std::uint32_t>(epoch % kCount);
      for (const ImagePool& textures : {kNone, images}) {
        const Image source = anomaly_source(images.image(item), textures, images, true, {seed, epoch, item});
        checksum.add(std::as_bytes(std::span(source.pixels)));
      }
    }
  }
  CHECK(checksum.text() == "00010cdf8e3a4a843d0e21d12535c753");
}

TEST_CASE("a source of another size is refused") {
  const Image own = test::random_image(16, 16, 7);
  CHECK_THROWS_AS((void)anomaly_source(own, flat_images(1), kNone, false, {1, 0, 0}), Error);
}

}  // namespace
}  // namespace mdd::data
