// The result of an evaluation, ready to be reported.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "eval/class_metrics.h"

namespace mdd::report {

struct ClassResult {
  std::string name;
  eval::MetricRow metrics;
  std::optional<eval::AderRow> ader;  ///< when the variants were asked for
};

struct Results {
  std::vector<ClassResult> classes;

  [[nodiscard]] eval::MeanRow mean() const {
    std::vector<eval::MetricRow> rows;
    for (const ClassResult& result : classes) rows.push_back(result.metrics);
    return eval::mean_of(rows);
  }
  /// Mean of the ADer variants; nullopt unless every class has them.
  [[nodiscard]] std::optional<eval::AderRow> ader_mean() const {
    std::vector<eval::AderRow> rows;
    for (const ClassResult& result : classes) {
      if (!result.ader.has_value()) return std::nullopt;
      rows.push_back(*result.ader);
    }
    if (rows.empty()) return std::nullopt;
    return eval::mean_of(rows);
  }
};

}  // namespace mdd::report
