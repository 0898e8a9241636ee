#include "reference/metrics.h"

#include <algorithm>
#include <functional>
#include <set>

namespace mdd::reference {
namespace {

/// What reaches a threshold.
struct Reaching {
  double normals = 0.0, defects = 0.0;
  double overlap = 0.0;  ///< sum over components of the share that reaches it
};

Reaching reaching(const Array& scores, const Array& areas, double threshold) {
  Reaching out;
  for (Index i = 0; i < scores.size(); ++i) {
    if (scores[i] < threshold) continue;
    if (areas[i] == 0.0) {
      out.normals += 1.0;
    } else {
      out.defects += 1.0;
      out.overlap += 1.0 / areas[i];
    }
  }
  return out;
}

/// Share of (defect, normal) pairs in the right order; a tie counts one half.
double area_under_roc(const Array& scores, const Array& areas) {
  double right = 0.0, pairs = 0.0;
  for (Index i = 0; i < scores.size(); ++i) {
    if (areas[i] == 0.0) continue;
    for (Index j = 0; j < scores.size(); ++j) {
      if (areas[j] != 0.0) continue;
      pairs += 1.0;
      right += scores[i] > scores[j] ? 1.0 : scores[i] == scores[j] ? 0.5 : 0.0;
    }
  }
  return right / pairs;
}

}  // namespace

Array score_histogram(const Array& scores, const Array& labels, double low, double high, Index bins) {
  Array counts(Shape{2, bins});
  for (Index i = 0; i < scores.size(); ++i) {
    if (std::isnan(scores[i])) continue;
    const double position = std::floor((scores[i] - low) * static_cast<double>(bins) / (high - low));
    const double bin = std::clamp(position, 0.0, static_cast<double>(bins - 1));
    counts(labels[i] != 0.0 ? 1 : 0, static_cast<Index>(bin)) += 1.0;
  }
  return counts;
}

Array pixel_metrics(const Array& scores, const Array& areas, double components, double limit) {
  const std::set<double, std::greater<>> thresholds(scores.values.begin(), scores.values.end());
  const Reaching all = reaching(scores, areas, *thresholds.rbegin());
  double average_precision = 0.0, best_f1 = 0.0, area = 0.0;
  double last_recall = 0.0, last_rate = 0.0, last_overlap = 0.0;
  for (const double threshold : thresholds) {  // the highest first
    const Reaching found = reaching(scores, areas, threshold);
    const double precision = found.defects / (found.defects + found.normals);
    const double recall = found.defects / all.defects;
    average_precision += (recall - last_recall) * precision;
    if (found.defects > 0.0) best_f1 = std::max(best_f1, 2.0 * precision * recall / (precision + recall));
    last_recall = recall;
    const double rate = found.normals / all.normals, overlap = found.overlap / components;
    if (rate > last_rate && last_rate < limit) {
      const double end = std::min(rate, limit);
      const double overlap_at_end = last_overlap + (overlap - last_overlap) * (end - last_rate) / (rate - last_rate);
      area += (end - last_rate) * (last_overlap + overlap_at_end) / 2.0;
    }
    last_rate = rate;
    last_overlap = overlap;
  }
  return {Shape{4}, {area_under_roc(scores, areas), average_precision, best_f1, area / limit}};
}

}  // namespace mdd::reference
