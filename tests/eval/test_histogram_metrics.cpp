#include <cmath>
#include <doctest/doctest.h>
#include <vector>

#include "core/error.h"
#include "core/rng.h"
#include "eval/pixel_pool.h"
#include "eval/ranking.h"

using namespace mdd;
using namespace mdd::eval;

namespace {

struct Images {
  std::vector<std::vector<float>> maps;
  std::vector<std::vector<std::uint8_t>> masks;
  [[nodiscard]] PixelPool pool(std::int64_t height, std::int64_t width) const {
    PixelPool pool(height, width);
    for (std::size_t i = 0; i < maps.size(); ++i) pool.add(maps[i], masks[i]);
    return pool;
  }
  [[nodiscard]] AderRow ader(std::int64_t height, std::int64_t width) const { return pool(height, width).ader(); }
};

constexpr int kHeight = 48;
constexpr int kWidth = 40;

Images smooth_images() {
  RandomStream random(14, 0, 0, Purpose::kTest);
  Images images;
  for (int i = 0; i < 4; ++i) {
    images.maps.emplace_back();
    images.masks.emplace_back();
    for (int y = 0; y < kHeight; ++y) {
      for (int x = 0; x < kWidth; ++x) {
        const bool defect = i > 0 && y > 10 && y < 18 && x > 5 && x < 5 + 6 * i;
        images.masks.back().push_back(defect ? 1 : 0);
        images.maps.back().push_back(random.uniform() + (defect ? 0.6f : 0.0f));
      }
    }
  }
  return images;
}

}  // namespace

TEST_CASE("the 50 strips by hand") {
  // One defect pixel of value 100, normals 0 .. 99: threshold 2 i leaves normals above it at the rate (99 - 2 i) / 100.
  Images images;
  images.maps.emplace_back();
  for (int i = 0; i <= 100; ++i) images.maps[0].push_back(static_cast<float>(i));
  images.masks.emplace_back(101, std::uint8_t{0});
  images.masks[0][100] = 1;
  CHECK(*images.ader(1, 101).aupro == doctest::Approx(1.0));

  // The defect at 95: reported by thresholds 0 .. 94 only. Kept: i = 35 .. 49, normals above: 28 .. 1 in steps of 2
  // (the value 95 itself is no normal any more): the last two strips (96, 98) no longer see the defect.
  images.maps[0][100] = 95.0f;
  images.maps[0][95] = 100.0f;
  const double rates = 30.0 - 2.0;           // i = 35 sees 71 .. 94, 96 .. 100 = 29; i = 49 sees 99, 100 = 2
  const double seen = 29.0 - 5.0;            // from i = 35 down to i = 47 (t = 94), which sees 96 .. 100
  const double falling = 0.5 * (5.0 - 4.0);  // from i = 47 (PRO 1) to i = 48 (PRO 0)
  CHECK(*images.ader(1, 101).aupro == doctest::Approx((seen + falling) / (rates - 1.0)));
}

TEST_CASE("the 21 thresholds by hand") {
  // Range 0 .. 1; the defect 0.52 beats thresholds up to 0.5; the normal 0.51 as well, 1.0 beats all but the last.
  Images images{{{0.0f, 0.52f, 0.51f, 1.0f}}, {{0, 1, 0, 0}}};
  CHECK(*images.ader(1, 4).pixel_f1max == doctest::Approx(2.0 / (1.0 + 3.0)));
  // The exact F1 can put its threshold between 0.51 and 0.52.
  CHECK(*f1_max(images.maps[0], images.masks[0]) == doctest::Approx(2.0 / 3.0));
}

TEST_CASE("the coarse variants come close to the exact metrics on smooth data") {
  const Images images = smooth_images();
  PixelPool pool = images.pool(kHeight, kWidth);
  const PixelMetrics metrics = pool.metrics();
  CHECK(std::abs(*pool.ader().aupro - *metrics.aupro) < 0.03);
  const double coarse = *pool.ader().pixel_f1max;
  const double exact = *metrics.ranking.f1_max;
  CHECK(coarse <= exact);
  CHECK(coarse > exact - 0.05);
}

TEST_CASE("undefined cases and bad values of the coarse variants") {
  const Images flat{{{1, 1, 1, 1}}, {{0, 1, 0, 0}}};
  CHECK_FALSE(flat.ader(2, 2).aupro.has_value());
  CHECK_FALSE(flat.ader(2, 2).pixel_f1max.has_value());
  const Images normal{{{1, 2, 3, 4}}, {{}}};
  CHECK_FALSE(normal.ader(2, 2).aupro.has_value());
  CHECK_FALSE(normal.ader(2, 2).pixel_f1max.has_value());
  const Images defective{{{1, 2, 3, 4}}, {{1, 1, 1, 1}}};
  CHECK_FALSE(defective.ader(2, 2).aupro.has_value());
  CHECK_FALSE(defective.ader(2, 2).pixel_f1max.has_value());
  const Images broken{{{1, std::nanf(""), 3, 4}}, {{1, 0, 1, 1}}};
  CHECK_THROWS_AS((void)broken.ader(2, 2), Error);
  const Images infinite{{{1, INFINITY, 3, 4}}, {{1, 0, 1, 1}}};
  CHECK_THROWS_AS((void)infinite.ader(2, 2), Error);
}
