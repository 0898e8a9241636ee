// Counting and ranking scores (spec S10), one threshold at a time.
#pragma once
#include "reference/array.h"

namespace mdd::reference {

/// Counts [2, bins] of scores by label (0 = normal, 1 = any other) and by bin over [low, high); NaN is counted nowhere.
[[nodiscard]] Array score_histogram(const Array& scores, const Array& labels, double low, double high, Index bins);
/// Area under the ROC curve, average precision, largest F1, each from its definition. Requires both labels.
[[nodiscard]] Array ranking_metrics(const Array& scores, const Array& labels);

}  // namespace mdd::reference
