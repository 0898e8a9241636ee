#include <cmath>
#include <doctest/doctest.h>
#include <functional>
#include <vector>

#include "core/error.h"
#include "core/rng.h"
#include "eval/components.h"
#include "eval/naive_metrics.h"
#include "eval/pixel_pool.h"

using namespace mdd;
using namespace mdd::eval;

namespace {

struct Images {
  int height = 0;
  int width = 0;
  std::vector<std::vector<float>> maps;
  std::vector<std::vector<std::uint8_t>> masks;

  [[nodiscard]] std::optional<double> exact(double limit = kAuproLimit) const {
    PixelPool pool(height, width);
    for (std::size_t i = 0; i < maps.size(); ++i) pool.add(maps[i], masks[i]);
    return pool.metrics(limit).aupro;
  }
};

std::vector<std::uint8_t> random_mask(RandomStream& random, int height, int width, std::uint32_t one_in) {
  std::vector<std::uint8_t> mask(static_cast<std::size_t>(height * width));
  for (std::uint8_t& pixel : mask) pixel = random.below(one_in) == 0 ? 255 : 0;
  return mask;
}

Images random_images(std::uint32_t item, int count, int height, int width, std::uint32_t levels) {
  RandomStream random(12, 0, item, Purpose::kTest);
  Images images{height, width, {}, {}};
  for (int i = 0; i < count; ++i) {
    images.masks.push_back(random_mask(random, height, width, 3 + random.below(6)));
    images.maps.emplace_back();
    for (const std::uint8_t pixel : images.masks.back()) {
      const std::uint32_t level = random.below(levels) + (pixel != 0 ? random.below(levels) : 0);
      images.maps.back().push_back(static_cast<float>(level) * 0.25f - 2.0f);
    }
  }
  return images;
}

}  // namespace

TEST_CASE("components: diagonal neighbours belong together, reading order names them") {
  const std::vector<std::uint8_t> mask{1, 0, 0, 0, 1,   //
                                       0, 1, 0, 0, 1,   //
                                       0, 0, 0, 0, 0,   //
                                       1, 0, 1, 0, 0,   //
                                       0, 1, 0, 0, 1};  //
  const Components found = label_components(mask, 5, 5);
  CHECK(found.areas == std::vector<std::int64_t>{2, 2, 3, 1});
  CHECK(found.labels == std::vector<std::int32_t>{1, 0, 0, 0, 2,  //
                                                  0, 1, 0, 0, 2,  //
                                                  0, 0, 0, 0, 0,  //
                                                  3, 0, 3, 0, 0,  //
                                                  0, 3, 0, 0, 4});
}

TEST_CASE("components: rows do not wrap round") {
  const std::vector<std::uint8_t> mask{0, 0, 1, 1, 0, 0};
  CHECK(label_components(mask, 2, 3).areas.size() == 2);
  CHECK(label_components({}, 0, 0).areas.empty());
  CHECK_THROWS_AS((void)label_components(mask, 3, 3), Error);
  CHECK_THROWS_AS((void)label_components(mask, -2, -3), Error);
}

TEST_CASE("components: equal to flood fill on random masks") {
  for (std::uint32_t item = 0; item < 40; ++item) {
    RandomStream random(13, 0, item, Purpose::kTest);
    const int height = 1 + static_cast<int>(random.below(24));
    const int width = 1 + static_cast<int>(random.below(24));
    const std::vector<std::uint8_t> mask = random_mask(random, height, width, 2 + random.below(3));
    const Components found = label_components(mask, height, width);
    const auto expected = test::naive_components(mask, height, width);
    REQUIRE(found.areas.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CHECK(found.areas[i] == static_cast<std::int64_t>(expected[i].size()));
      for (const std::size_t pixel : expected[i]) CHECK(found.labels[pixel] == static_cast<std::int32_t>(i + 1));
    }
  }
}

TEST_CASE("AUPRO by hand") {
  const std::vector<std::uint8_t> mask{1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};  // 1 x 12, ten normal pixels
  SUBCASE("perfect") {
    const Images images{1, 12, {{9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}, {mask}};
    // Both defect pixels come first: the curve rises to PRO 1 at FPR 0 and stays.
    CHECK(*images.exact() == doctest::Approx(1.0));
  }
  SUBCASE("constant map: a straight line to (1, 1)") {
    const Images images{1, 12, {std::vector<float>(12, 5.0f)}, {mask}};
    CHECK(*images.exact() == doctest::Approx(0.15));
  }
  SUBCASE("inverted") {
    const Images images{1, 12, {{0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}, {mask}};
    CHECK(*images.exact() == doctest::Approx(0.0));
  }
  SUBCASE("half of the defect is seen first, the other half never before the limit") {
    const Images images{1, 12, {{9, -1, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0}}, {mask}};
    CHECK(*images.exact() == doctest::Approx(0.5));
  }
  SUBCASE("a tie group that crosses the limit is interpolated") {
    // FPR 0.1 at PRO 0.5, then four normals tie with the second defect pixel: (0.5, 1). At 0.3 the line is at 0.75.
    const Images images{1, 12, {{9, 5, 9, 5, 5, 5, 5, 0, 0, 0, 0, 0}}, {mask}};
    CHECK(*images.exact() == doctest::Approx((0.1 * 0.25 + 0.2 * (0.5 + 0.75) / 2.0) / 0.3));
  }
  SUBCASE("every component counts the same, whatever its size") {
    const std::vector<std::uint8_t> two{1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0};
    const Images images{1, 12, {{9, 0, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0}}, {two}};
    // PRO 0.5 at FPR 0 stays until all eight normals tie.
    CHECK(*images.exact() == doctest::Approx(0.5));
  }
}

TEST_CASE("AUPRO is undefined without a component or without a normal pixel") {
  const std::vector<float> map{1, 2, 3, 4};
  CHECK_FALSE(Images{2, 2, {map}, {{0, 0, 0, 0}}}.exact().has_value());
  CHECK_FALSE(Images{2, 2, {map}, {{1, 1, 1, 1}}}.exact().has_value());
  CHECK_FALSE(Images{2, 2, {map}, {{}}}.exact().has_value());
  CHECK_FALSE(Images{2, 2, {}, {}}.exact().has_value());
}

TEST_CASE("AUPRO refuses NaN, wrong extents and impossible limits") {
  Images images{2, 2, {{1, 2, 3, 4}}, {{0, 0, 1, 0}}};
  CHECK_THROWS_AS((void)images.exact(0.0), Error);
  CHECK_THROWS_AS((void)images.exact(1.5), Error);
  images.height = 3;
  CHECK_THROWS_AS((void)images.exact(), Error);
  images.height = 2;
  images.maps[0][1] = std::nanf("");
  CHECK_THROWS_AS((void)images.exact(), Error);
}

TEST_CASE("AUPRO equals its definition on random images full of ties") {
  for (const std::uint32_t levels : {1u, 2u, 5u, 40u, 5000u}) {
    for (std::uint32_t item = 0; item < 4; ++item) {
      const Images images = random_images(item * 7 + levels, 3, 9, 11, levels);
      CAPTURE(levels);
      CAPTURE(item);
      for (const double limit : {0.3, 0.05, 1.0}) {
        const double expected = test::naive_aupro(images.maps, images.masks, images.height, images.width, limit);
        CHECK(*images.exact(limit) == doctest::Approx(expected).epsilon(1e-10));
      }
    }
  }
}

TEST_CASE("AUPRO: image order and a monotone transform change nothing, an empty mask is an all-normal one") {
  Images images = random_images(3, 4, 30, 40, 64);
  const double before = *images.exact();
  std::swap(images.maps[0], images.maps[3]);
  std::swap(images.masks[0], images.masks[3]);
  for (auto& map : images.maps) {
    for (float& value : map) value = value * 2.0f + 1.0f;
  }
  CHECK(*images.exact() == doctest::Approx(before).epsilon(1e-12));
  images.masks[1].assign(images.masks[1].size(), 0);
  const double zeros = *images.exact();
  images.masks[1].clear();
  CHECK(*images.exact() == zeros);
  CHECK(zeros != before);
}
