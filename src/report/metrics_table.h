// Metrics as a table, for people.
#pragma once
#include <string>
#include <vector>

#include "report/results.h"

namespace mdd::report {

/// One line a class and one for the mean, aligned; percentages with one decimal, "-" where a metric is undefined; then
/// the line "mAD". The two ADer columns appear when the variants were computed for every class.
[[nodiscard]] std::string metrics_table(const Results& results);

/// The same cells: headings, a row per class, the mean.
[[nodiscard]] std::vector<std::vector<std::string>> metrics_cells(const Results& results);

/// A metric as the table shows it: "71.4", or "-" where it is undefined.
[[nodiscard]] std::string metric_text(const std::optional<double>& value);

}  // namespace mdd::report
