#include "eval/histogram_metrics.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "eval/aupro.h"
#include "eval/score_order.h"

namespace mdd::eval {
namespace {

constexpr std::size_t kStrips = 50;
constexpr std::size_t kF1Thresholds = 21;

/// The first key of first .. last (descending scores) that is not reported, last + 1 if all are.
template <class Reported>
std::uint32_t first_unreported(std::uint32_t first, std::uint32_t last, const Reported& reported) {
  std::uint32_t end = last + 1;  // no overflow: the last keys belong to NaN
  while (first < end) {
    const std::uint32_t middle = first + (end - first) / 2;
    if (reported(static_cast<double>(score_of(middle)))) {
      first = middle + 1;
    } else {
      end = middle;
    }
  }
  return first;
}

/// Rates fall as thresholds rise: the kept points are the tail from the first rate below the limit.
std::optional<double> aupro_50_strips(std::span<const PixelCounts> reported, std::uint64_t normals,
                                      std::uint64_t components) {
  if (normals == 0 || components == 0) return std::nullopt;
  const auto false_positives = [&](std::size_t i) { return static_cast<double>(reported[i].normals); };
  std::size_t first = 0;
  while (first < kStrips && false_positives(first) / static_cast<double>(normals) >= kAuproLimit) ++first;
  if (first == kStrips) return std::nullopt;
  const double width_of_rates = false_positives(first) - false_positives(kStrips - 1);
  if (width_of_rates <= 0.0) return std::nullopt;
  double area = 0.0;
  for (std::size_t i = first; i + 1 < kStrips; ++i) {
    const double overlaps = to_components(reported[i].overlap) + to_components(reported[i + 1].overlap);
    area += 0.5 * overlaps * (false_positives(i) - false_positives(i + 1));
  }
  return area / (static_cast<double>(components) * width_of_rates);
}

std::optional<double> f1_max_21_thresholds(std::span<const PixelCounts> reported, const PixelCounts& all) {
  if (all.normals == 0 || all.defects == 0) return std::nullopt;
  double best = 0.0;
  for (const PixelCounts& counts : reported) {
    const auto hits = static_cast<double>(counts.defects);
    best = std::max(best, 2.0 * hits / static_cast<double>(all.defects + counts.defects + counts.normals));
  }
  return best;
}

}  // namespace

std::vector<std::uint32_t> ader_thresholds(float low, float high) {
  require(std::isfinite(low) && std::isfinite(high) && low < high, "ADer metrics: a finite range of map values");
  const std::uint32_t first = descending_key(high);
  const std::uint32_t last = descending_key(low);
  const double from = low;
  const double scale = static_cast<double>(high) - from;
  std::vector<std::uint32_t> keys;
  for (std::size_t i = 0; i < kStrips; ++i) {
    const double threshold = from + static_cast<double>(i) * (scale / kStrips);
    keys.push_back(first_unreported(first, last, [&](double value) { return value > threshold; }));
  }
  for (std::size_t i = 0; i < kF1Thresholds; ++i) {
    const double threshold = static_cast<double>(i) * 0.05;
    keys.push_back(first_unreported(first, last, [&](double value) { return (value - from) / scale > threshold; }));
  }
  return keys;
}

AderRow ader_row(std::span<const PixelCounts> reported, const PixelCounts& all, std::uint64_t components) {
  require(reported.size() == kStrips + kF1Thresholds, "ADer metrics: counts of every threshold");
  return {aupro_50_strips(reported.first(kStrips), all.normals, components),
          f1_max_21_thresholds(reported.subspan(kStrips), all)};
}

}  // namespace mdd::eval
