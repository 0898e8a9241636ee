#include <algorithm>
#include <cmath>
#include <csignal>
#include <doctest/doctest.h>
#include <limits>
#include <sys/resource.h>
#include <vector>

#include "core/rng.h"
#include "eval/class_metrics.h"
#include "eval/components.h"
#include "eval/pixel_pool.h"
#include "eval/score_order.h"
#include "support/message_of.h"
#include "support/temporary_folder.h"

using namespace mdd;
using namespace mdd::eval;
using mdd::test::message_of;

namespace {

constexpr std::int64_t kSide = 48;
constexpr std::size_t kPixels = kSide * kSide;

struct Image {
  std::vector<float> map;
  std::vector<std::uint8_t> mask;
};

/// Every third image is normal and without a mask; `levels` distinct scores in all images together.
std::vector<Image> random_images(std::size_t count, std::uint32_t levels) {
  std::vector<Image> images(count);
  for (std::size_t i = 0; i < count; ++i) {
    RandomStream random(21, 0, static_cast<std::uint32_t>(i), Purpose::kTest);
    if (i % 3 != 0) {
      for (std::size_t at = 0; at < kPixels; ++at) images[i].mask.push_back(random.below(4) == 0 ? 1 : 0);
    }
    for (std::size_t at = 0; at < kPixels; ++at) {
      const std::uint32_t lift = i % 3 != 0 && images[i].mask[at] != 0 ? levels / 4 : 0;
      images[i].map.push_back(static_cast<float>(random.below(levels) + lift) * 0.125f - 3.0f);
    }
  }
  return images;
}

struct Everything {
  PixelMetrics exact;
  AderRow ader;
  std::uint64_t spooled = 0;
};

Everything metrics_of(const std::vector<Image>& images, const PixelStorage& storage) {
  PixelPool pool(kSide, kSide, storage);
  for (const Image& image : images) pool.add(image.map, image.mask);
  return {pool.metrics(), pool.ader(), pool.spooled_bytes()};
}

/// ADer's variants may be undefined: then for both.
void check_same_bits(const Everything& a, const Everything& b) {
  REQUIRE(a.exact.ranking.auroc.has_value());
  CHECK((a.exact.ranking.auroc == b.exact.ranking.auroc));
  CHECK((a.exact.ranking.average_precision == b.exact.ranking.average_precision));
  CHECK((a.exact.ranking.f1_max == b.exact.ranking.f1_max));
  CHECK((a.exact.aupro == b.exact.aupro));
  CHECK((a.ader.aupro == b.ader.aupro));
  CHECK((a.ader.pixel_f1max == b.ader.pixel_f1max));
}

}  // namespace

TEST_CASE("spooled or in memory, in any order: the same bits, and nothing stays in the folder") {
  const test::TemporaryFolder folder;
  for (const std::uint32_t levels : {3u, 200u, 1000000u}) {
    CAPTURE(levels);
    std::vector<Image> images = random_images(30, levels);
    const Everything memory = metrics_of(images, {std::uint64_t{1} << 30, folder.path() / "absent"});
    CHECK(memory.spooled == 0);
    std::size_t labels = 0;
    std::vector<float> scores;
    std::vector<std::uint8_t> masks;
    for (const Image& image : images) {
      scores.insert(scores.end(), image.map.begin(), image.map.end());
      masks.insert(masks.end(), image.mask.begin(), image.mask.end());
      masks.resize(labels += kPixels, 0);
    }
    CHECK(*memory.exact.ranking.average_precision == *average_precision(scores, masks));
    std::reverse(images.begin(), images.end());
    for (const std::uint64_t limit : {std::uint64_t{0}, std::uint64_t{200000}}) {
      const Everything spooled = metrics_of(images, {limit, folder.path()});
      CHECK(spooled.spooled > 0);
      check_same_bits(spooled, memory);
    }
  }
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("pixels that come with the areas of their components: the same bits") {
  for (const std::uint32_t levels : {3u, 1000000u}) {
    PixelPool pool(kSide, kSide);
    std::vector<float> scores;
    std::vector<std::int32_t> areas;
    std::uint64_t count = 0;
    for (const Image& image : random_images(7, levels)) {
      pool.add(image.map, image.mask);
      scores.insert(scores.end(), image.map.begin(), image.map.end());
      areas.resize(scores.size());
      if (image.mask.empty()) continue;
      const Components components = label_components(image.mask, kSide, kSide);
      count += components.areas.size();
      for (std::size_t i = 0; i < kPixels; ++i) {
        const std::int32_t label = components.labels[i];
        if (label != 0) {
          areas[areas.size() - kPixels + i] =
              static_cast<std::int32_t>(components.areas[static_cast<std::size_t>(label - 1)]);
        }
      }
    }
    check_same_bits({pixel_metrics(scores, areas, count, 0.3), {}}, {pool.metrics(), {}});
    check_same_bits({pixel_metrics(scores, areas, count, 1.0), {}}, {pool.metrics(1.0), {}});
    CHECK_THROWS_AS(static_cast<void>(pixel_metrics(scores, areas, count, 0.0)), Error);
    CHECK_THROWS_AS(static_cast<void>(pixel_metrics(scores, std::span(areas).first(4), count, 0.3)), Error);
    scores[9] = std::nanf("");
    CHECK_THROWS_AS(static_cast<void>(pixel_metrics(scores, areas, count, 0.3)), Error);
  }
}

TEST_CASE("images may be added after metrics were asked for, and all may be forgotten") {
  const std::vector<Image> images = random_images(12, 500);
  const std::vector<Image> half(images.begin(), images.begin() + 6);
  PixelPool pool(kSide, kSide, {0, {}});
  for (const Image& image : half) pool.add(image.map, image.mask);
  CHECK(*pool.metrics().aupro == *metrics_of(half, {}).exact.aupro);
  for (std::size_t i = 6; i < 12; ++i) pool.add(images[i].map, images[i].mask);
  check_same_bits({pool.metrics(), pool.ader()}, metrics_of(images, {}));
  CHECK(pool.spooled_bytes() > 0);
  pool.clear();
  CHECK(pool.spooled_bytes() == 0);
  CHECK_FALSE(pool.metrics().aupro.has_value());
  for (const Image& image : half) pool.add(image.map, image.mask);
  check_same_bits({pool.metrics(), pool.ader()}, metrics_of(half, {}));
}

TEST_CASE("a refused image leaves no trace") {
  const std::vector<Image> images = random_images(6, 500);
  PixelPool pool(kSide, kSide);
  for (const Image& image : images) pool.add(image.map, image.mask);
  Image bad = images[1];
  bad.map.back() = std::nanf("");
  CHECK_THROWS_AS(pool.add(bad.map, bad.mask), Error);
  CHECK_THROWS_AS(pool.add(bad.map, std::span(bad.mask).first(5)), Error);
  CHECK_THROWS_AS(pool.add(std::span(bad.map).first(5), {}), Error);
  check_same_bits({pool.metrics(), pool.ader()}, metrics_of(images, {}));
}

TEST_CASE("a class whose mask is missing late forgets what it spooled") {
  const std::vector<Image> images = random_images(6, 500);
  ClassMetrics metrics(kSide, kSide, {0, {}});
  for (const Image& image : images) metrics.add({0.5f, !image.mask.empty(), 0, 0, image.map, image.mask});
  CHECK(metrics.row().aupro.has_value());
  metrics.add({0.5f, true, 0, 0, images[0].map, {}});
  CHECK_FALSE(metrics.row().aupro.has_value());
  CHECK(*metrics.row().image_auroc == 0.5);
  CHECK(metrics.row().images == 7);
}

TEST_CASE("a folder that cannot take the temporary file is named") {
  const test::TemporaryFolder folder;
  const std::vector<Image> images = random_images(12, 500);
  const std::string absent = message_of(ErrorKind::kRuntime, [&] {
    metrics_of(images, {0, folder.path() / "absent"});
  });
  CHECK(absent.find("absent") != std::string::npos);
  CHECK(absent.find("No such file") != std::string::npos);

  // A full disk, played by the limit of a file's size.
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{40000, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  const std::string full = message_of(ErrorKind::kRuntime, [&] { metrics_of(images, {0, folder.path()}); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK(full.find("cannot write") != std::string::npos);
  CHECK(full.find(folder.path().string()) != std::string::npos);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a spool file gives back what it took and no more") {
  SpoolFile file{std::filesystem::path()};
  const std::vector<std::uint32_t> words{1, 2, 3, 4};
  CHECK(file.append(std::as_bytes(std::span(words))) == 0);
  CHECK(file.append(std::as_bytes(std::span(words).first(1))) == 16);
  SpoolFile moved = std::move(file);
  CHECK(moved.size() == 20);
  std::vector<std::uint32_t> back(3);
  moved.read(8, std::as_writable_bytes(std::span(back)));
  CHECK(back == std::vector<std::uint32_t>{3, 4, 1});
  CHECK(message_of(ErrorKind::kRuntime, [&] {
          moved.read(12, std::as_writable_bytes(std::span(back)));
        }).find("read") != std::string::npos);
}

TEST_CASE("counts beyond 2^32 pixels") {
  // 2^40 normal pixels in all: a quarter above the defects, a quarter tied with them, the rest below.
  constexpr std::uint64_t kQuarter = std::uint64_t{1} << 38;
  constexpr std::uint64_t kDefects = std::uint64_t{1} << 36;
  const TieGroup group{kQuarter, kQuarter, kDefects, Overlap{5} << 96};
  RankingCurve ranking(kDefects);
  ranking.add(group);
  const RankingMetrics metrics = ranking.finish(2 * kQuarter);
  CHECK(*metrics.auroc == 0.5 + 0.125);
  CHECK(*metrics.average_precision == 1.0 / 9.0);
  CHECK(*metrics.f1_max == 2.0 / 10.0);
  OverlapCurve curve(4 * kQuarter, 5, 0.75);
  curve.add(group);
  CHECK(*curve.finish() == doctest::Approx((0.25 * 0.5 + 0.25) / 0.75).epsilon(1e-15));
}

TEST_CASE("shares of a component sum to it") {
  const Overlap whole = Overlap{1} << 96;
  CHECK(share_of(1) == whole);
  for (const std::uint32_t area : {2u, 3u, 7u, 65535u, 65536u, 1000003u, 0x7fffffffu, 0xffffffffu}) {
    const Overlap sum = share_of(area) * area;
    CHECK(sum <= whole);
    CHECK(whole - sum < area);
    CHECK(to_components(sum) == 1.0);
  }
}

TEST_CASE("keys fall as scores rise and lead back to them") {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> ascending{-infinity, -3e38f, -1.0f, -1e-40f, 0.0f, 1e-40f, 1.0f, 3e38f, infinity};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    CHECK(score_of(descending_key(ascending[i])) == ascending[i]);
    if (i > 0) CHECK(descending_key(ascending[i]) < descending_key(ascending[i - 1]));
  }
  CHECK(descending_key(-0.0f) == descending_key(0.0f));
}

TEST_CASE("counting passes sort like std::sort, whichever digits are shared") {
  for (const std::uint32_t mask : {0xffffffffu, 0x7ffu, 0xffc00000u, 0x003ff800u, 0u}) {
    RandomStream random(22, 0, mask, Purpose::kTest);
    std::vector<std::uint32_t> keys(9000);
    std::vector<std::uint64_t> records(9000);
    for (std::uint32_t& key : keys) key = (random.bits() & mask) | (0x12345678u & ~mask);
    for (std::size_t i = 0; i < keys.size(); ++i) records[i] = std::uint64_t{keys[i]} << 32 | i;
    std::vector<std::uint32_t> expected = keys;
    std::sort(expected.begin(), expected.end());
    std::vector<std::uint64_t> expected_records = records;  // equal keys stay in order: the same as sorting by all bits
    std::sort(expected_records.begin(), expected_records.end());
    sort_by_key(keys);
    sort_by_key(records);
    CHECK(keys == expected);
    CHECK(records == expected_records);
  }
}
