#include "eval/class_metrics.h"

#include <cmath>
#include <utility>

#include "core/error.h"
#include "eval/ranking.h"

namespace mdd::eval {
namespace {

template <class Row>
std::optional<double> mean_where_defined(std::span<const Row> rows, std::optional<double> Row::*metric) {
  double sum = 0.0;
  int count = 0;
  for (const Row& row : rows) {
    if (!(row.*metric).has_value()) continue;
    sum += *(row.*metric);
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / count;
}

}  // namespace

ClassMetrics::ClassMetrics(std::int64_t height, std::int64_t width, PixelStorage storage)
    : pixels_(std::make_unique<PixelPool>(height, width, std::move(storage))) {}

void ClassMetrics::add(const ImageOutcome& image) {
  require(image.map.size() == pixels_->pixels_of_map(), "class metrics: map has the extents of the class");
  require(image.mask.empty() || image.mask.size() == pixels_->pixels_of_map(),
          "class metrics: mask has the extents of the class");
  if (std::isnan(image.score)) fail(ErrorKind::kRuntime, "metrics: an image score is NaN; expected a number");
  if (image.defective && image.mask.empty()) {
    mask_missing_ = true;
    pixels_->clear();  // no pixel metric can come of them any more
  }
  if (!mask_missing_) pixels_->add({image.map, image.device_map, image.mask});
  scores_.push_back(image.score);
  defective_.push_back(image.defective ? 1 : 0);
  if (image.true_class < 0) class_unknown_ = true;
  if (image.vote == image.true_class) ++right_votes_;
}

MetricRow ClassMetrics::row() {
  MetricRow row;
  row.images = static_cast<std::int64_t>(scores_.size());
  const RankingMetrics image = ranking_metrics(scores_, defective_);
  row.image_auroc = image.auroc;
  row.image_ap = image.average_precision;
  row.image_f1max = image.f1_max;
  if (row.images > 0 && !class_unknown_) {
    row.vote_accuracy = static_cast<double>(right_votes_) / static_cast<double>(row.images);
  }
  if (mask_missing_) return row;
  const PixelMetrics pixel = pixels_->metrics(kAuproLimit);
  row.pixel_auroc = pixel.ranking.auroc;
  row.pixel_ap = pixel.ranking.average_precision;
  row.pixel_f1max = pixel.ranking.f1_max;
  row.aupro = pixel.aupro;
  return row;
}

AderRow ClassMetrics::ader_row() { return mask_missing_ ? AderRow{} : pixels_->ader(); }

MeanRow mean_of(std::span<const MetricRow> rows) {
  MeanRow mean;
  double sum = 0.0;
  int defined = 0;
  constexpr std::optional<double> MetricRow::*kSeven[] = {
      &MetricRow::image_auroc, &MetricRow::image_ap,    &MetricRow::image_f1max, &MetricRow::pixel_auroc,
      &MetricRow::pixel_ap,    &MetricRow::pixel_f1max, &MetricRow::aupro};
  for (const auto metric : kSeven) {
    mean.*metric = mean_where_defined(rows, metric);
    if (!(mean.*metric).has_value()) continue;
    sum += *(mean.*metric);
    ++defined;
  }
  if (defined == 7) mean.mad = sum / 7.0;
  mean.vote_accuracy = mean_where_defined(rows, &MetricRow::vote_accuracy);
  for (const MetricRow& row : rows) mean.images += row.images;
  return mean;
}

AderRow mean_of(std::span<const AderRow> rows) {
  return {mean_where_defined(rows, &AderRow::aupro), mean_where_defined(rows, &AderRow::pixel_f1max)};
}

}  // namespace mdd::eval
