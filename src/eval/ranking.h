// Threshold-free metrics of a score against a binary label (spec S10), for images and for pooled pixels alike.
#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "eval/compensated_sum.h"
#include "eval/sorted_runs.h"

namespace mdd::eval {

/// The three metrics of one ranking. All are undefined (nullopt) unless both labels occur.
struct RankingMetrics {
  std::optional<double> auroc;              ///< area under the ROC curve, half credit for ties
  std::optional<double> average_precision;  ///< sum over distinct thresholds of (recall step) * precision
  std::optional<double> f1_max;             ///< largest F1 over all distinct thresholds
};

/// The three metrics from tie groups by descending score (visit_tie_groups). Counts are integers of 128 bits where
/// pairs are counted, so any number of scores that fits a disk is welcome.
class RankingCurve {
 public:
  /// `defects`: number of all defects.
  explicit RankingCurve(std::uint64_t defects) : defects_(defects) {}
  void add(const TieGroup& group);
  /// `normals_after`: what visit_tie_groups returned.
  [[nodiscard]] RankingMetrics finish(std::uint64_t normals_after) const;

 private:
  std::uint64_t defects_;
  std::uint64_t found_ = 0;            ///< defects at or above the threshold
  std::uint64_t alarms_ = 0;           ///< normals at or above the threshold
  unsigned __int128 twice_pairs_ = 0;  ///< 2 per normal ranked below a defect, 1 per tie
  CompensatedSum precision_sum_;
  double best_f1_ = 0.0;
};

/// `scores`: higher means more anomalous; `labels`: 0 = normal, anything else = defect; same length.
/// One sort serves all three metrics; memory: 4 bytes a normal score, 8 a defect, the same again while sorting. The
/// result does not depend on the order of the input. Throws Error(kRuntime) on a NaN score or unequal lengths.
[[nodiscard]] RankingMetrics ranking_metrics(std::span<const float> scores, std::span<const std::uint8_t> labels);

/// One metric alone; contract as above.
[[nodiscard]] std::optional<double> auroc(std::span<const float> scores, std::span<const std::uint8_t> labels);
[[nodiscard]] std::optional<double> average_precision(std::span<const float> scores,
                                                      std::span<const std::uint8_t> labels);
[[nodiscard]] std::optional<double> f1_max(std::span<const float> scores, std::span<const std::uint8_t> labels);

}  // namespace mdd::eval
