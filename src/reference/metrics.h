// Counting and ranking scores (spec S10), one threshold at a time.
#pragma once
#include "reference/array.h"

namespace mdd::reference {

/// Counts [2, bins] of scores by label (0 = normal, 1 = any other) and by bin over [low, high); NaN is counted nowhere.
[[nodiscard]] Array score_histogram(const Array& scores, const Array& labels, double low, double high, Index bins);
/// Area under the ROC curve, average precision, largest F1, and area under the per-region-overlap curve up to `limit`
/// over `limit`, each from its definition. `areas`: 0 = normal, else the pixels of the component, of which there are
/// `components`. Requires both kinds of pixels.
[[nodiscard]] Array pixel_metrics(const Array& scores, const Array& areas, double components, double limit);

}  // namespace mdd::reference
