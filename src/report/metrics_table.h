// Metrics as a table, for people.
#pragma once
#include <string>

#include "report/results.h"

namespace mdd::report {

/// One line a class and one for the mean, aligned; percentages with one decimal, "-" where a metric is undefined; then
/// the line "mAD". The two ADer columns appear when the variants were computed for every class.
[[nodiscard]] std::string metrics_table(const Results& results);

}  // namespace mdd::report
