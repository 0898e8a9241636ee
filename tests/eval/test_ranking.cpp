#include <cmath>
#include <doctest/doctest.h>
#include <functional>
#include <limits>
#include <vector>

#include "core/error.h"
#include "core/rng.h"
#include "eval/naive_metrics.h"
#include "eval/ranking.h"

using namespace mdd;
using namespace mdd::eval;

namespace {

struct Case {
  std::vector<float> scores;
  std::vector<std::uint8_t> labels;
};

/// `levels` distinct scores, negative ones among them: few levels mean many ties.
Case random_case(std::uint32_t item, std::size_t count, std::uint32_t levels) {
  RandomStream random(11, 0, item, Purpose::kTest);
  Case out;
  for (std::size_t i = 0; i < count; ++i) {
    const auto label = static_cast<std::uint8_t>(random.below(4) == 0 ? 1 : 0);
    const std::uint32_t level = random.below(levels) + (label != 0 ? random.below(levels) / 2 : 0);
    out.scores.push_back(0.125f * static_cast<float>(level) - 0.03125f * static_cast<float>(levels));
    out.labels.push_back(label);
  }
  out.labels[0] = 0;
  out.labels[1] = 1;
  return out;
}

}  // namespace

TEST_CASE("hand-made rankings") {
  const std::vector<std::uint8_t> labels{0, 0, 1, 1};
  SUBCASE("perfect") {
    const RankingMetrics m = ranking_metrics(std::vector<float>{0.1f, 0.2f, 0.3f, 0.4f}, labels);
    CHECK(*m.auroc == 1.0);
    CHECK(*m.average_precision == 1.0);
    CHECK(*m.f1_max == 1.0);
  }
  SUBCASE("inverted") {
    const RankingMetrics m = ranking_metrics(std::vector<float>{0.4f, 0.3f, 0.2f, 0.1f}, labels);
    CHECK(*m.auroc == 0.0);
    CHECK(*m.average_precision == doctest::Approx(0.5 * (1.0 / 3.0) + 0.5 * (2.0 / 4.0)));
    CHECK(*m.f1_max == doctest::Approx(2.0 * 2.0 / (2.0 + 4.0)));
  }
  SUBCASE("constant: one tie group, half credit") {
    const RankingMetrics m = ranking_metrics(std::vector<float>{2.0f, 2.0f, 2.0f, 2.0f}, labels);
    CHECK(*m.auroc == 0.5);
    CHECK(*m.average_precision == 0.5);
    CHECK(*m.f1_max == doctest::Approx(2.0 / 3.0));
  }
  SUBCASE("one tie across the labels") {
    const RankingMetrics m = ranking_metrics(std::vector<float>{0.1f, 0.35f, 0.35f, 0.8f}, labels);
    CHECK(*m.auroc == doctest::Approx(3.5 / 4.0));
    CHECK(*m.average_precision == doctest::Approx(0.5 * 1.0 + 0.5 * 2.0 / 3.0));
    CHECK(*m.f1_max == doctest::Approx(0.8));
  }
  SUBCASE("+0 and -0 tie, infinities are ordinary scores") {
    CHECK(*auroc(std::vector<float>{0.0f, -0.0f}, std::vector<std::uint8_t>{0, 1}) == 0.5);
    CHECK(*auroc(std::vector<float>{-0.0f, 0.0f}, std::vector<std::uint8_t>{0, 1}) == 0.5);
    const float infinity = std::numeric_limits<float>::infinity();
    CHECK(*auroc(std::vector<float>{-infinity, -1e-40f, 1e-40f, infinity}, labels) == 1.0);
  }
  SUBCASE("any non-zero label is a defect") {
    CHECK(*auroc(std::vector<float>{0.0f, 1.0f}, std::vector<std::uint8_t>{0, 255}) == 1.0);
  }
}

TEST_CASE("one label alone, or nothing, defines no metric") {
  const std::vector<float> scores{0.25f, 0.5f, 0.75f};
  for (const std::uint8_t label : {std::uint8_t{0}, std::uint8_t{1}}) {
    const std::vector<std::uint8_t> labels(3, label);
    CHECK_FALSE(auroc(scores, labels).has_value());
    CHECK_FALSE(average_precision(scores, labels).has_value());
    CHECK_FALSE(f1_max(scores, labels).has_value());
  }
  CHECK_FALSE(auroc({}, {}).has_value());
}

TEST_CASE("NaN and unequal lengths are refused") {
  const std::vector<std::uint8_t> labels{0, 1};
  CHECK_THROWS_AS((void)auroc(std::vector<float>{0.0f, std::nanf("")}, labels), Error);
  CHECK_THROWS_AS((void)auroc(std::vector<float>{0.0f}, labels), Error);
}

TEST_CASE("equal to the definitions on data full of ties") {
  for (const std::uint32_t levels : {1u, 2u, 7u, 50u, 100000u}) {
    for (std::uint32_t item = 0; item < 6; ++item) {
      const Case c = random_case(item * 100 + levels % 97, 2 + 37 * item, levels);
      CAPTURE(levels);
      CAPTURE(item);
      const RankingMetrics m = ranking_metrics(c.scores, c.labels);
      const test::NaivePrecisionRecall expected = test::naive_precision_recall(c.scores, c.labels);
      CHECK(*m.auroc == doctest::Approx(test::naive_auroc(c.scores, c.labels)).epsilon(1e-12));
      CHECK(*m.average_precision == doctest::Approx(expected.average_precision).epsilon(1e-12));
      CHECK(*m.f1_max == doctest::Approx(expected.f1_max).epsilon(1e-12));
      CHECK(*auroc(c.scores, c.labels) == *m.auroc);
      CHECK(*average_precision(c.scores, c.labels) == *m.average_precision);
      CHECK(*f1_max(c.scores, c.labels) == *m.f1_max);
    }
  }
}

TEST_CASE("values of scikit-learn 1.9.1 for a fixed input") {
  std::vector<float> scores;
  std::vector<std::uint8_t> labels;
  for (int i = 0; i < 60; ++i) {
    scores.push_back(static_cast<float>((i * 37) % 23) / 8.0f - 1.0f);
    labels.push_back((i * i + 3 * i) % 7 == 4 || i % 11 == 5 ? 1 : 0);
  }
  const RankingMetrics m = ranking_metrics(scores, labels);
  CHECK(*m.auroc == doctest::Approx(0.5938995215311005).epsilon(1e-12));
  CHECK(*m.average_precision == doctest::Approx(0.4473046518883036).epsilon(1e-12));
  CHECK(*m.f1_max == doctest::Approx(0.5666666666666667).epsilon(1e-12));
}

TEST_CASE("the radix-sorted path agrees with the small one") {
  const Case small = random_case(5, 900, 300);
  Case large;  // the same distribution 40 times over, beyond the size where counting passes begin
  for (int copy = 0; copy < 40; ++copy) {
    large.scores.insert(large.scores.end(), small.scores.begin(), small.scores.end());
    large.labels.insert(large.labels.end(), small.labels.begin(), small.labels.end());
  }
  const RankingMetrics a = ranking_metrics(small.scores, small.labels);
  const RankingMetrics b = ranking_metrics(large.scores, large.labels);
  CHECK(*a.auroc == doctest::Approx(*b.auroc).epsilon(1e-12));
  CHECK(*a.average_precision == doctest::Approx(*b.average_precision).epsilon(1e-12));
  CHECK(*a.f1_max == doctest::Approx(*b.f1_max).epsilon(1e-12));
}

TEST_CASE("a monotone transform of the scores and the order of the input change nothing") {
  const Case c = random_case(9, 6000, 400);
  const RankingMetrics m = ranking_metrics(c.scores, c.labels);
  Case other{{c.scores.rbegin(), c.scores.rend()}, {c.labels.rbegin(), c.labels.rend()}};
  for (float& score : other.scores) score = score * 0.5f + 3.0f;
  const RankingMetrics t = ranking_metrics(other.scores, other.labels);
  CHECK(*m.auroc == *t.auroc);
  CHECK(*m.average_precision == *t.average_precision);
  CHECK(*m.f1_max == *t.f1_max);
  for (float& score : other.scores) score = -score;
  CHECK(*auroc(other.scores, other.labels) == doctest::Approx(1.0 - *m.auroc).epsilon(1e-12));
}
