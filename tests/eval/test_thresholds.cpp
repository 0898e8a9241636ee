#include <cmath>
#include <doctest/doctest.h>
#include <limits>

#include "core/error.h"
#include "core/rng.h"
#include "eval/thresholds.h"

using namespace mdd;
using namespace mdd::eval;

namespace {

/// 1, 2, ... count.
Calibration ascending(int count) {
  std::vector<float> scores;
  for (int i = 1; i <= count; ++i) scores.push_back(static_cast<float>(i));
  return make_calibration(scores, false);
}

}  // namespace

TEST_CASE("few samples: the threshold is the largest score") {
  const Calibration calibration = make_calibration({0.3f, 0.1f, 0.2f}, true);
  CHECK(calibration.optimistic);
  CHECK(calibration.scores == std::vector<float>{0.1f, 0.2f, 0.3f});
  CHECK(threshold_at(calibration, 0.01) == 0.3f);
  CHECK(threshold_at(calibration, 0.0) == 0.3f);
  CHECK(threshold_at(calibration, 0.5) == 0.2f);
  CHECK(threshold_at(calibration, 0.999) == 0.1f);
}

TEST_CASE("as many exceed as the rate allows, the new image counted, whatever its binary rounding") {
  const Calibration calibration = ascending(99);
  CHECK(threshold_at(calibration, 0.0) == 99.0f);
  for (int percent = 1; percent < 100; ++percent) {
    CHECK(threshold_at(calibration, percent / 100.0) == static_cast<float>(100 - percent));
  }
}

TEST_CASE("the promise about new images: each of n + 1 in turn against the threshold of the others") {
  for (std::uint32_t item = 0; item < 60; ++item) {
    RandomStream random(15, 0, item, Purpose::kTest);
    std::vector<float> scores(2 + random.below(40));
    const std::uint32_t levels = item % 2 == 0 ? 9 : 1000000;  // with and without ties
    for (float& score : scores) score = static_cast<float>(random.below(levels));
    const double rate = random.uniform();
    double above = 0.0;
    bool resolved = true;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      std::vector<float> others = scores;
      others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
      const Threshold threshold = choose_threshold(make_calibration(others, false), rate);
      resolved = threshold.rate_resolved;
      above += scores[i] > threshold.value ? 1.0 : 0.0;
    }
    const auto count = static_cast<double>(scores.size());
    CHECK(resolved == (rate * count >= 1.0));
    CHECK(above <= std::max(rate * count, 1.0));
    if (levels > 9) CHECK(above > rate * count - 1.0);  // and no lower threshold would do
  }
}

TEST_CASE("what few images cannot show is said") {
  const Calibration five = ascending(5);
  const Threshold fine = choose_threshold(five, 0.01);
  CHECK(fine.value == 5.0f);
  CHECK(fine.images == 5);
  CHECK_FALSE(fine.optimistic);
  CHECK_FALSE(fine.rate_resolved);
  CHECK(fine.expected_rate == doctest::Approx(1.0 / 6.0));
  CHECK(fine.rate_bound == doctest::Approx(1.0 - std::pow(0.05, 1.0 / 5.0)));  // 45 %
  const Threshold coarse = choose_threshold(five, 0.2);
  CHECK(coarse.value == 5.0f);
  CHECK(coarse.rate_resolved);
  CHECK(choose_threshold(ascending(99), 0.01).rate_resolved);
  CHECK_FALSE(choose_threshold(ascending(98), 0.01).rate_resolved);
  CHECK_FALSE(choose_threshold(ascending(1000), 0.0).rate_resolved);
  CHECK(choose_threshold(make_calibration({1.0f}, true), 0.5).optimistic);
}

TEST_CASE("the bound on the rate is the one of the binomial distribution") {
  // n = 3, one above: p^2 (3 - 2 p) = 0.95 is the chance that at least two of three exceed.
  const double p = choose_threshold(ascending(3), 0.5).rate_bound;
  CHECK(p * p * (3.0 - 2.0 * p) == doctest::Approx(0.95));
  double before = 1.0;
  for (const int count : {2, 5, 10, 50, 200, 5000}) {  // more images, less doubt; always above the expectation
    const Threshold threshold = choose_threshold(ascending(count), 0.1);
    CHECK(threshold.rate_bound < before);
    CHECK(threshold.rate_bound > threshold.expected_rate);
    before = threshold.rate_bound;
  }
  CHECK(before < 0.11);
}

TEST_CASE("the bound holds: at most one calibration in twenty draws a threshold that is exceeded more often") {
  // Uniform scores: a threshold t is exceeded with probability 1 - t.
  int broken = 0;
  constexpr int kDraws = 2000;
  for (std::uint32_t item = 0; item < kDraws; ++item) {
    RandomStream random(18, 0, item, Purpose::kTest);
    std::vector<float> scores(30);
    for (float& score : scores) score = random.uniform(0.0f, 1.0f);
    const Threshold threshold = choose_threshold(make_calibration(scores, false), 0.1);
    broken += 1.0 - static_cast<double>(threshold.value) > threshold.rate_bound ? 1 : 0;
  }
  CHECK(broken > kDraws / 40);
  CHECK(broken < kDraws / 13);
}

TEST_CASE("the colour scale is twice the largest score, finite and above 0") {
  CHECK(make_calibration({0.25f, 0.5f}, false).scale == 1.0f);
  CHECK(make_calibration({3.0f, -1.0f}, false).scale == 6.0f);
  CHECK(make_calibration({0.0f, -1.0f}, false).scale == 1.0f);
  constexpr float kLargest = std::numeric_limits<float>::max();
  CHECK(make_calibration({kLargest}, false).scale == kLargest);
}

TEST_CASE("what cannot be calibrated is refused") {
  CHECK_THROWS_AS((void)make_calibration({1.0f, std::nanf("")}, false), Error);
  const Calibration calibration = make_calibration({1.0f}, false);
  CHECK_THROWS_AS((void)threshold_at(calibration, 1.0), Error);
  CHECK_THROWS_AS((void)threshold_at(calibration, -0.1), Error);
  CHECK_THROWS_AS((void)threshold_at(calibration, std::nan("")), Error);
  CHECK_THROWS_AS((void)threshold_at(Calibration{}, 0.01), Error);
}
