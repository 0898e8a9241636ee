// Metrics as JSON, for scripts.
#pragma once
#include <string>

#include "report/results.h"

namespace mdd::report {

/// {"classes": {NAME: {"image_auroc", "image_ap", "image_f1max", "pixel_auroc", "pixel_ap", "pixel_f1max", "aupro",
/// "vote_accuracy", "images"}}, "mean": {the same keys, "mad"}}, indented by 2, with a newline at the end. Fractions in
/// 0..1 with all their digits; an undefined metric is null. Where the ADer variants were computed, a row also holds
/// "ader": {"aupro", "pixel_f1max"}. Class names that are no UTF-8 are written with replacement characters.
[[nodiscard]] std::string metrics_json(const Results& results);

}  // namespace mdd::report
