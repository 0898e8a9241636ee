#include "reference/metrics.h"

#include <algorithm>
#include <functional>
#include <set>

namespace mdd::reference {
namespace {

/// How many scores of one kind reach the threshold.
double reaching(const Array& scores, const Array& labels, bool defect, double threshold) {
  double count = 0.0;
  for (Index i = 0; i < scores.size(); ++i) {
    if ((labels[i] != 0.0) == defect && scores[i] >= threshold) count += 1.0;
  }
  return count;
}

/// Share of (defect, normal) pairs in the right order; a tie counts one half.
double area_under_roc(const Array& scores, const Array& labels) {
  double right = 0.0, pairs = 0.0;
  for (Index i = 0; i < scores.size(); ++i) {
    if (labels[i] == 0.0) continue;
    for (Index j = 0; j < scores.size(); ++j) {
      if (labels[j] != 0.0) continue;
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

Array ranking_metrics(const Array& scores, const Array& labels) {
  const std::set<double, std::greater<>> thresholds(scores.values.begin(), scores.values.end());
  const double defects = reaching(scores, labels, true, *thresholds.rbegin());
  double average_precision = 0.0, best_f1 = 0.0, last_recall = 0.0;
  for (const double threshold : thresholds) {  // the highest first
    const double hits = reaching(scores, labels, true, threshold);
    const double precision = hits / (hits + reaching(scores, labels, false, threshold));
    const double recall = hits / defects;
    average_precision += (recall - last_recall) * precision;
    if (hits > 0.0) best_f1 = std::max(best_f1, 2.0 * precision * recall / (precision + recall));
    last_recall = recall;
  }
  return {Shape{3}, {area_under_roc(scores, labels), average_precision, best_f1}};
}

}  // namespace mdd::reference
