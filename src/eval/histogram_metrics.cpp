#include "eval/histogram_metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "eval/components.h"

namespace mdd::eval {
namespace {

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
};

Range range_of(std::span<const ScoredImage> images) {
  Range range;
  for (const ScoredImage& image : images) {
    for (const float value : image.map) {
      if (!std::isfinite(value)) fail(ErrorKind::kRuntime, "metrics: an anomaly map holds a value that is not finite");
      range.low = std::min(range.low, static_cast<double>(value));
      range.high = std::max(range.high, static_cast<double>(value));
    }
  }
  return range;
}

/// How many of the ascending thresholds lie strictly below the value.
template <std::size_t kCount>
std::size_t exceeded(const std::array<double, kCount>& thresholds, double value) {
  return static_cast<std::size_t>(std::lower_bound(thresholds.begin(), thresholds.end(), value) - thresholds.begin());
}

/// Turns "how much exceeds exactly i thresholds" into "how much exceeds threshold i": out[i] = sum of in[i + 1 ..].
template <std::size_t kCount>
std::array<double, kCount> above(const std::array<double, kCount + 1>& histogram) {
  std::array<double, kCount> out{};
  double sum = 0.0;
  for (std::size_t i = kCount; i-- > 0;) out[i] = sum += histogram[i + 1];
  return out;
}

}  // namespace

std::optional<double> aupro_50_strips(std::span<const ScoredImage> images, std::int64_t height, std::int64_t width) {
  constexpr std::size_t kStrips = 50;
  const Range range = range_of(images);
  if (!(range.high > range.low)) return std::nullopt;
  std::array<double, kStrips> thresholds{};
  for (std::size_t i = 0; i < kStrips; ++i) {
    thresholds[i] = range.low + static_cast<double>(i) * ((range.high - range.low) / kStrips);
  }
  std::array<double, kStrips + 1> normal{};   // pixels
  std::array<double, kStrips + 1> overlap{};  // share of a component, summed over components
  double normals = 0.0;
  double components = 0.0;
  for (const ScoredImage& image : images) {
    require(image.map.size() == static_cast<std::size_t>(height * width), "AUPRO: map is height x width");
    Components found;
    if (!image.mask.empty()) found = label_components(image.mask, height, width);
    components += static_cast<double>(found.areas.size());
    for (std::size_t i = 0; i < image.map.size(); ++i) {
      const std::size_t strip = exceeded(thresholds, image.map[i]);
      const std::int32_t label = found.labels.empty() ? 0 : found.labels[i];
      if (label == 0) {
        normals += 1.0;
        normal[strip] += 1.0;
      } else {
        overlap[strip] += 1.0 / static_cast<double>(found.areas[static_cast<std::size_t>(label - 1)]);
      }
    }
  }
  if (normals == 0.0 || components == 0.0) return std::nullopt;
  const std::array<double, kStrips> false_positives = above<kStrips>(normal);
  const std::array<double, kStrips> overlaps = above<kStrips>(overlap);
  // Rates fall with the threshold: the kept points are the tail from the first rate below the limit.
  std::size_t first = 0;
  while (first < kStrips && false_positives[first] / normals >= kAuproLimit) ++first;
  if (first == kStrips) return std::nullopt;
  const double width_of_rates = false_positives[first] - false_positives[kStrips - 1];
  if (width_of_rates <= 0.0) return std::nullopt;
  double area = 0.0;
  for (std::size_t i = first; i + 1 < kStrips; ++i) {
    area += 0.5 * (overlaps[i] + overlaps[i + 1]) * (false_positives[i] - false_positives[i + 1]);
  }
  return area / (components * width_of_rates);
}

std::optional<double> f1_max_21_thresholds(std::span<const ScoredImage> images) {
  constexpr std::size_t kThresholds = 21;
  const Range range = range_of(images);
  if (!(range.high > range.low)) return std::nullopt;
  std::array<double, kThresholds> thresholds{};
  for (std::size_t i = 0; i < kThresholds; ++i) thresholds[i] = static_cast<double>(i) * 0.05;
  std::array<double, kThresholds + 1> normal{};
  std::array<double, kThresholds + 1> defect{};
  double normals = 0.0;
  double defects = 0.0;
  const double scale = range.high - range.low;
  for (const ScoredImage& image : images) {
    require(image.mask.empty() || image.mask.size() == image.map.size(), "pixel F1: map and mask of one size");
    for (std::size_t i = 0; i < image.map.size(); ++i) {
      const std::size_t bin = exceeded(thresholds, (image.map[i] - range.low) / scale);
      const bool is_defect = !image.mask.empty() && image.mask[i] != 0;
      (is_defect ? defects : normals) += 1.0;
      (is_defect ? defect : normal)[bin] += 1.0;
    }
  }
  if (normals == 0.0 || defects == 0.0) return std::nullopt;
  const std::array<double, kThresholds> alarms = above<kThresholds>(normal);
  const std::array<double, kThresholds> hits = above<kThresholds>(defect);
  double best = 0.0;
  for (std::size_t i = 0; i < kThresholds; ++i) {
    best = std::max(best, 2.0 * hits[i] / (defects + hits[i] + alarms[i]));
  }
  return best;
}

}  // namespace mdd::eval
