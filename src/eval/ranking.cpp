#include "eval/ranking.h"

#include <algorithm>

#include "core/error.h"
#include "eval/sorted_records.h"

namespace mdd::eval {

void RankingCurve::add(const TieGroup& group) {
  using Pairs = unsigned __int128;
  twice_pairs_ += Pairs{group.normals_before} * (2 * found_);
  twice_pairs_ += Pairs{group.normals} * (2 * found_ + group.defects);
  found_ += group.defects;
  alarms_ += group.normals_before + group.normals;
  // Between groups recall does not move: no step there, and precision only falls.
  const auto hits = static_cast<double>(found_);
  const auto reported = static_cast<double>(found_ + alarms_);
  precision_sum_.add(static_cast<double>(group.defects) * (hits / reported));
  best_f1_ = std::max(best_f1_, 2.0 * hits / (static_cast<double>(defects_) + reported));
}

RankingMetrics RankingCurve::finish(std::uint64_t normals_after) const {
  const auto normals = static_cast<double>(alarms_ + normals_after);
  const auto defects = static_cast<double>(defects_);
  if (normals == 0.0 || defects == 0.0) return {};
  const unsigned __int128 twice_pairs = twice_pairs_ + static_cast<unsigned __int128>(normals_after) * (2 * found_);
  return {static_cast<double>(twice_pairs) / (2.0 * normals * defects), precision_sum_.value() / defects, best_f1_};
}

RankingMetrics ranking_metrics(std::span<const float> scores, std::span<const std::uint8_t> labels) {
  require(scores.size() == labels.size(), "as many labels as scores");
  const SortedRecords records = sorted_records(scores, [&](std::size_t i) { return labels[i] != 0 ? 1 : 0; });
  SortedRuns runs = records.runs();
  RankingCurve curve(records.defects.size());
  const std::uint64_t rest = visit_tie_groups(runs, [&](const TieGroup& group) { curve.add(group); });
  return curve.finish(rest);
}

std::optional<double> auroc(std::span<const float> scores, std::span<const std::uint8_t> labels) {
  return ranking_metrics(scores, labels).auroc;
}

std::optional<double> average_precision(std::span<const float> scores, std::span<const std::uint8_t> labels) {
  return ranking_metrics(scores, labels).average_precision;
}

std::optional<double> f1_max(std::span<const float> scores, std::span<const std::uint8_t> labels) {
  return ranking_metrics(scores, labels).f1_max;
}

}  // namespace mdd::eval
