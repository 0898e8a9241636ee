#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>
#include <limits>

#include "core/error.h"
#include "core/rng.h"
#include "eval/regions.h"

using namespace mdd;
using namespace mdd::eval;

namespace {

/// Collects a region pixel by pixel and clears it from `open`.
void flood(std::vector<bool>& open, std::int64_t height, std::int64_t width, std::int64_t y, std::int64_t x,
           std::vector<std::pair<std::int64_t, std::int64_t>>& pixels) {
  if (y < 0 || x < 0 || y >= height || x >= width || !open[static_cast<std::size_t>(y * width + x)]) return;
  open[static_cast<std::size_t>(y * width + x)] = false;
  pixels.emplace_back(y, x);
  for (std::int64_t dy = -1; dy <= 1; ++dy) {
    for (std::int64_t dx = -1; dx <= 1; ++dx) flood(open, height, width, y + dy, x + dx, pixels);
  }
}

std::vector<Region> naive_regions(const std::vector<float>& map, std::int64_t height, std::int64_t width,
                                  float threshold, std::int64_t minimum_area) {
  std::vector<bool> open;
  for (const float value : map) open.push_back(value > threshold);
  std::vector<Region> out;
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) {
      std::vector<std::pair<std::int64_t, std::int64_t>> pixels;
      flood(open, height, width, y, x, pixels);
      if (pixels.empty() || std::ssize(pixels) < minimum_area) continue;
      std::sort(pixels.begin(), pixels.end());
      Region region;
      std::int64_t right = 0, bottom = 0;
      region.box = {width, height, 0, 0};
      region.area = std::ssize(pixels);
      region.peak = -INFINITY;
      double sum = 0.0;
      for (const auto& [py, px] : pixels) {
        const float value = map[static_cast<std::size_t>(py * width + px)];
        region.box.x = std::min(region.box.x, px);
        region.box.y = std::min(region.box.y, py);
        right = std::max(right, px);
        bottom = std::max(bottom, py);
        sum += static_cast<double>(value);
        if (value > region.peak) {
          region.peak = value;
          region.peak_x = px;
          region.peak_y = py;
        }
      }
      region.box.width = right - region.box.x + 1;
      region.box.height = bottom - region.box.y + 1;
      region.mean = static_cast<float>(sum / static_cast<double>(pixels.size()));
      out.push_back(region);
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const Region& a, const Region& b) { return a.peak > b.peak; });
  return out;
}

}  // namespace

TEST_CASE("regions are those of a flood fill, on random maps of any shape") {
  std::size_t found = 0;
  for (std::uint32_t item = 0; item < 60; ++item) {
    CAPTURE(item);
    RandomStream random(16, 0, item, Purpose::kTest);
    const std::int64_t height = 1 + random.below(24), width = 1 + random.below(24);
    std::vector<float> map(static_cast<std::size_t>(height * width));
    for (float& value : map) value = static_cast<float>(random.below(12));  // few levels: ties
    const auto threshold = static_cast<float>(random.below(12));
    const std::int64_t minimum_area = 1 + random.below(4);
    const std::vector<Region> regions = find_regions(map, height, width, threshold, {minimum_area});
    const std::vector<Region> expected = naive_regions(map, height, width, threshold, minimum_area);
    REQUIRE(regions.size() == expected.size());
    found += regions.size();
    for (std::size_t i = 0; i < regions.size(); ++i) {
      CHECK(regions[i].box == expected[i].box);
      CHECK(regions[i].area == expected[i].area);
      CHECK(regions[i].peak == expected[i].peak);
      CHECK(regions[i].peak_x == expected[i].peak_x);
      CHECK(regions[i].peak_y == expected[i].peak_y);
      CHECK(regions[i].mean == doctest::Approx(expected[i].mean));
    }
  }
  CHECK(found > 100);
}

TEST_CASE("two regions, the higher peak first, and what is too small is left out") {
  // clang-format off
  const std::vector<float> map{2, 0, 0, 0, 9,
                               0, 3, 0, 0, 0,
                               0, 4, 0, 0, 0};
  // clang-format on
  const std::vector<Region> both = find_regions(map, 3, 5, 1.0f);
  REQUIRE(both.size() == 2);
  CHECK(both[0].box == Box{4, 0, 1, 1});
  CHECK(both[0].peak == 9.0f);
  CHECK(both[1].box == Box{0, 0, 2, 3});
  CHECK(both[1].area == 3);
  CHECK(both[1].peak_x == 1);
  CHECK(both[1].peak_y == 2);
  CHECK(both[1].mean == 3.0f);
  CHECK(find_regions(map, 3, 5, 1.0f, {2}).size() == 1);
  CHECK(find_regions(map, 3, 5, 1.0f, {4}).empty());
  CHECK(find_regions(map, 3, 5, 9.0f).empty());  // above, not at
}

TEST_CASE("maps that are empty or not finite, and extents that do not match") {
  const float nan = std::nanf(""), infinite = std::numeric_limits<float>::infinity();
  CHECK(find_regions({}, 0, 0, 1.0f).empty());
  CHECK(find_regions(std::vector<float>{nan, nan}, 1, 2, 0.0f).empty());
  const std::vector<Region> regions = find_regions(std::vector<float>{nan, infinite, 1.0f}, 1, 3, 0.0f);
  REQUIRE(regions.size() == 1);
  CHECK(regions[0].area == 2);
  CHECK(regions[0].peak == infinite);
  CHECK(find_regions(std::vector<float>{5.0f}, 1, 1, nan).empty());
  CHECK_THROWS_AS((void)find_regions(std::vector<float>{1.0f, 2.0f}, 1, 3, 0.0f), Error);
  CHECK_THROWS_AS((void)find_regions(std::vector<float>{1.0f, 2.0f}, -1, -2, 0.0f), Error);
}

TEST_CASE("a scaled box covers the same part of the picture, with whole pixels and no more") {
  CHECK(scale_box({0, 0, 64, 64}, {64, 64}, {480, 641}) == Box{0, 0, 641, 480});
  CHECK(scale_box({10, 20, 5, 7}, {64, 64}, {128, 64}) == Box{10, 40, 5, 14});
  CHECK(scale_box({3, 3, 1, 1}, {64, 64}, {1, 1}) == Box{0, 0, 1, 1});
  for (std::uint32_t item = 0; item < 100; ++item) {
    RandomStream random(17, 0, item, Purpose::kTest);
    const std::int64_t side = 1 + random.below(300), target = 1 + random.below(4000);
    const std::int64_t x = random.below(static_cast<std::uint32_t>(side));
    const std::int64_t width = 1 + random.below(static_cast<std::uint32_t>(side - x));
    const Box box = scale_box({x, 0, width, 1}, {1, side}, {1, target});
    const double left = static_cast<double>(x * target) / static_cast<double>(side);
    const double right = static_cast<double>((x + width) * target) / static_cast<double>(side);
    CHECK(box.x == static_cast<std::int64_t>(std::floor(left + 1e-9)));
    CHECK(box.x + box.width == static_cast<std::int64_t>(std::ceil(right - 1e-9)));
    CHECK(box.x + box.width <= target);
  }
  CHECK_THROWS_AS((void)scale_box({0, 0, 1, 1}, {0, 1}, {5, 5}), Error);
}
