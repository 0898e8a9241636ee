#include <array>
#include <cmath>
#include <doctest/doctest.h>
#include <vector>

#include "core/error.h"
#include "eval/class_metrics.h"

using namespace mdd;
using namespace mdd::eval;

namespace {

const std::array<float, 4> kQuiet{0.0f, 0.1f, 0.0f, 0.1f};
const std::array<float, 4> kLoud{0.9f, 0.1f, 0.0f, 0.1f};
const std::array<std::uint8_t, 4> kFirstPixel{1, 0, 0, 0};

ImageOutcome normal_image(float score, std::int64_t vote = 2) { return {score, false, vote, 2, kQuiet, {}}; }
ImageOutcome defective_image(float score, std::int64_t vote = 2) { return {score, true, vote, 2, kLoud, kFirstPixel}; }

}  // namespace

TEST_CASE("a perfect class") {
  ClassMetrics metrics(2, 2);
  metrics.add(normal_image(0.1f));
  metrics.add(defective_image(0.9f));
  metrics.add(normal_image(0.2f, 1));
  const MetricRow row = metrics.row();
  for (const auto& metric :
       {row.image_auroc, row.image_ap, row.image_f1max, row.pixel_auroc, row.pixel_ap, row.pixel_f1max, row.aupro}) {
    REQUIRE(metric.has_value());
    CHECK(*metric == doctest::Approx(1.0));
  }
  CHECK(*row.vote_accuracy == doctest::Approx(2.0 / 3.0));
  CHECK(row.images == 3);
  CHECK(*metrics.ader_row().pixel_f1max == doctest::Approx(1.0));
}

TEST_CASE("a missing mask of a defective image takes the pixel metrics away, and only those") {
  for (const bool first : {true, false}) {
    ClassMetrics metrics(2, 2);
    ImageOutcome maskless = defective_image(0.8f);
    maskless.mask = {};
    if (first) metrics.add(maskless);
    metrics.add(normal_image(0.1f));
    metrics.add(defective_image(0.9f));
    if (!first) metrics.add(maskless);
    const MetricRow row = metrics.row();
    CHECK(*row.image_auroc == 1.0);
    CHECK(*row.vote_accuracy == 1.0);
    CHECK_FALSE(row.pixel_auroc.has_value());
    CHECK_FALSE(row.pixel_ap.has_value());
    CHECK_FALSE(row.pixel_f1max.has_value());
    CHECK_FALSE(row.aupro.has_value());
    CHECK_FALSE(metrics.ader_row().aupro.has_value());
    CHECK_FALSE(metrics.ader_row().pixel_f1max.has_value());
  }
}

TEST_CASE("no anomaly, only anomalies, nothing at all, a class unknown to the model") {
  ClassMetrics normal(2, 2);
  normal.add(normal_image(0.1f));
  CHECK_FALSE(normal.row().image_auroc.has_value());
  CHECK_FALSE(normal.row().pixel_auroc.has_value());
  CHECK_FALSE(normal.row().aupro.has_value());
  CHECK(*normal.row().vote_accuracy == 1.0);

  ClassMetrics defective(2, 2);
  defective.add(defective_image(0.1f));
  CHECK_FALSE(defective.row().image_f1max.has_value());
  CHECK(*defective.row().pixel_auroc == 1.0);  // the image has normal pixels

  CHECK_FALSE(ClassMetrics(2, 2).row().vote_accuracy.has_value());
  CHECK(ClassMetrics(2, 2).row().images == 0);

  ImageOutcome unknown = normal_image(0.1f, -1);
  unknown.true_class = -1;
  normal.add(unknown);
  CHECK_FALSE(normal.row().vote_accuracy.has_value());
}

TEST_CASE("wrong extents and NaN are refused") {
  CHECK_THROWS_AS(ClassMetrics(0, 4), Error);
  CHECK_THROWS_AS(ClassMetrics(1 << 20, 1 << 20), Error);
  ClassMetrics metrics(2, 2);
  ImageOutcome image = normal_image(0.1f);
  image.map = image.map.first(3);
  CHECK_THROWS_AS(metrics.add(image), Error);
  image = defective_image(0.1f);
  image.mask = image.mask.first(1);
  CHECK_THROWS_AS(metrics.add(image), Error);
  CHECK_THROWS_AS(metrics.add(normal_image(std::nanf(""))), Error);
  CHECK(metrics.row().images == 0);
}

TEST_CASE("means skip undefined metrics; mAD needs all seven") {
  MetricRow a;
  a.image_auroc = 1.0;
  a.image_ap = 0.5;
  a.image_f1max = 0.25;
  a.pixel_auroc = 0.75;
  a.pixel_ap = 0.5;
  a.pixel_f1max = 0.5;
  a.aupro = 0.0;
  a.vote_accuracy = 1.0;
  a.images = 10;
  MetricRow b;  // image metrics only
  b.image_auroc = 0.5;
  b.image_ap = 0.5;
  b.image_f1max = 0.75;
  b.images = 5;
  const std::vector<MetricRow> rows{a, b};
  const MeanRow mean = mean_of(rows);
  CHECK(*mean.image_auroc == 0.75);
  CHECK(*mean.image_ap == 0.5);
  CHECK(*mean.image_f1max == 0.5);
  CHECK(*mean.pixel_auroc == 0.75);
  CHECK(*mean.aupro == 0.0);
  CHECK(*mean.vote_accuracy == 1.0);
  CHECK(mean.images == 15);
  CHECK(*mean.mad == doctest::Approx((0.75 + 0.5 + 0.5 + 0.75 + 0.5 + 0.5 + 0.0) / 7.0));
  CHECK_FALSE(mean_of(std::vector<MetricRow>{b}).mad.has_value());
  CHECK_FALSE(mean_of(std::vector<MetricRow>{b}).aupro.has_value());
  CHECK_FALSE(mean_of(std::span<const MetricRow>{}).image_auroc.has_value());

  const std::vector<AderRow> ader{{0.5, std::nullopt}, {1.0, std::nullopt}};
  CHECK(*mean_of(ader).aupro == 0.75);
  CHECK_FALSE(mean_of(ader).pixel_f1max.has_value());
}
