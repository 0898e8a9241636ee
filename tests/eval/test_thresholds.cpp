#include <cmath>
#include <doctest/doctest.h>

#include "core/error.h"
#include "core/rng.h"
#include "eval/thresholds.h"

using namespace mdd;
using namespace mdd::eval;

TEST_CASE("few samples: the threshold is the largest score") {
  const Calibration calibration = make_calibration({0.3f, 0.1f, 0.2f}, true);
  CHECK(calibration.optimistic);
  CHECK(calibration.scores == std::vector<float>{0.1f, 0.2f, 0.3f});
  CHECK(threshold_at(calibration, 0.01) == 0.3f);
  CHECK(threshold_at(calibration, 0.0) == 0.3f);
  CHECK(threshold_at(calibration, 0.34) == 0.2f);
  CHECK(threshold_at(calibration, 0.999) == 0.1f);
}

TEST_CASE("exactly as many exceed as the rate allows, whatever its binary rounding") {
  std::vector<float> scores;
  for (int i = 1; i <= 100; ++i) scores.push_back(static_cast<float>(i));
  const Calibration calibration = make_calibration(scores, false);
  for (int percent = 0; percent < 100; ++percent) {
    CHECK(threshold_at(calibration, percent / 100.0) == static_cast<float>(100 - percent));
  }
}

TEST_CASE("the threshold keeps its promise and is the smallest that does, with ties") {
  for (std::uint32_t item = 0; item < 30; ++item) {
    RandomStream random(15, 0, item, Purpose::kTest);
    std::vector<float> scores(1 + random.below(60));
    for (float& score : scores) score = static_cast<float>(random.below(9));
    const Calibration calibration = make_calibration(scores, false);
    const double rate = random.uniform();
    const float threshold = threshold_at(calibration, rate);
    double above = 0.0;
    double above_next_lower = 0.0;
    for (const float score : calibration.scores) {
      above += score > threshold ? 1.0 : 0.0;
      above_next_lower += score >= threshold ? 1.0 : 0.0;  // what any smaller threshold would report
    }
    const auto count = static_cast<double>(calibration.scores.size());
    CHECK(above <= rate * count);
    CHECK(above_next_lower > rate * count);
  }
}

TEST_CASE("what cannot be calibrated is refused") {
  CHECK_THROWS_AS((void)make_calibration({1.0f, std::nanf("")}, false), Error);
  const Calibration calibration = make_calibration({1.0f}, false);
  CHECK_THROWS_AS((void)threshold_at(calibration, 1.0), Error);
  CHECK_THROWS_AS((void)threshold_at(calibration, -0.1), Error);
  CHECK_THROWS_AS((void)threshold_at(calibration, std::nan("")), Error);
  CHECK_THROWS_AS((void)threshold_at(Calibration{}, 0.01), Error);
}
