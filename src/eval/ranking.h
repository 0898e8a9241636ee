// Threshold-free metrics of a score against a binary label (spec S10), for images and for pooled pixels alike.
#pragma once
#include <cstdint>
#include <optional>
#include <span>

namespace mdd::eval {

/// The three metrics of one ranking. All are undefined (nullopt) unless both labels occur.
struct RankingMetrics {
  std::optional<double> auroc;              ///< area under the ROC curve, half credit for ties
  std::optional<double> average_precision;  ///< sum over distinct thresholds of (recall step) * precision
  std::optional<double> f1_max;             ///< largest F1 over all distinct thresholds
};

/// `scores`: higher means more anomalous; `labels`: 0 = normal, anything else = defect; same length, at most 2^32.
/// One sort serves all three metrics; memory: 4 bytes a score and 4 more while sorting. Counts are integers, so the
/// result does not depend on the order of the input. Throws Error(kRuntime) on a NaN score or unequal lengths.
[[nodiscard]] RankingMetrics ranking_metrics(std::span<const float> scores, std::span<const std::uint8_t> labels);

/// One metric alone; contract as above.
[[nodiscard]] std::optional<double> auroc(std::span<const float> scores, std::span<const std::uint8_t> labels);
[[nodiscard]] std::optional<double> average_precision(std::span<const float> scores,
                                                      std::span<const std::uint8_t> labels);
[[nodiscard]] std::optional<double> f1_max(std::span<const float> scores, std::span<const std::uint8_t> labels);

}  // namespace mdd::eval
