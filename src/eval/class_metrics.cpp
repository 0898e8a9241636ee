#include "eval/class_metrics.h"

#include <cmath>
#include <limits>

#include "core/error.h"
#include "eval/aupro.h"
#include "eval/histogram_metrics.h"
#include "eval/ranking.h"

namespace mdd::eval {
namespace {

std::vector<ScoredImage> split_images(std::span<const float> maps, std::span<const std::uint8_t> masks,
                                      std::size_t pixels) {
  std::vector<ScoredImage> images;
  for (std::size_t at = 0; at < maps.size(); at += pixels) {
    images.push_back({maps.subspan(at, pixels), masks.subspan(at, pixels)});
  }
  return images;
}

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

ClassMetrics::ClassMetrics(std::int64_t height, std::int64_t width) : height_(height), width_(width) {
  require(height > 0 && width > 0 && height <= std::numeric_limits<std::int32_t>::max() / width,
          "class metrics: positive extents");
}

void ClassMetrics::add(const ImageOutcome& image) {
  const auto pixels = static_cast<std::size_t>(height_ * width_);
  require(image.map.size() == pixels, "class metrics: map has the extents of the class");
  require(image.mask.empty() || image.mask.size() == pixels, "class metrics: mask has the extents of the class");
  if (std::isnan(image.score)) fail(ErrorKind::kRuntime, "metrics: an image score is NaN; expected a number");
  scores_.push_back(image.score);
  defective_.push_back(image.defective ? 1 : 0);
  if (image.true_class < 0) class_unknown_ = true;
  if (image.vote == image.true_class) ++right_votes_;
  if (image.defective && image.mask.empty()) {
    mask_missing_ = true;
    maps_ = {};  // no pixel metric can come of them any more
    masks_ = {};
  }
  if (!pixels_known()) return;
  maps_.insert(maps_.end(), image.map.begin(), image.map.end());
  if (image.mask.empty()) {
    masks_.resize(masks_.size() + pixels, 0);
  } else {
    masks_.insert(masks_.end(), image.mask.begin(), image.mask.end());
  }
}

MetricRow ClassMetrics::row() const {
  MetricRow row;
  row.images = static_cast<std::int64_t>(scores_.size());
  const RankingMetrics image = ranking_metrics(scores_, defective_);
  row.image_auroc = image.auroc;
  row.image_ap = image.average_precision;
  row.image_f1max = image.f1_max;
  if (row.images > 0 && !class_unknown_) {
    row.vote_accuracy = static_cast<double>(right_votes_) / static_cast<double>(row.images);
  }
  if (!pixels_known()) return row;
  const RankingMetrics pixel = ranking_metrics(maps_, masks_);
  row.pixel_auroc = pixel.auroc;
  row.pixel_ap = pixel.average_precision;
  row.pixel_f1max = pixel.f1_max;
  row.aupro = aupro(split_images(maps_, masks_, static_cast<std::size_t>(height_ * width_)), height_, width_);
  return row;
}

AderRow ClassMetrics::ader_row() const {
  if (!pixels_known()) return {};
  const std::vector<ScoredImage> images = split_images(maps_, masks_, static_cast<std::size_t>(height_ * width_));
  return {aupro_50_strips(images, height_, width_), f1_max_21_thresholds(images)};
}

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
