#include "eval/pixel_metrics.h"

#include "core/error.h"
#include "eval/sorted_records.h"

namespace mdd::eval {

PixelMetrics pixel_metrics(SortedRuns& runs, const PixelTotals& totals, double limit) {
  RankingCurve ranking(totals.defects);
  OverlapCurve overlap(totals.normals, totals.components, limit);
  if (totals.normals == 0 || totals.defects == 0) return {};
  const std::uint64_t rest = visit_tie_groups(runs, [&](const TieGroup& group) {
    ranking.add(group);
    overlap.add(group);
  });
  return {ranking.finish(rest), overlap.finish()};
}

PixelMetrics pixel_metrics(std::span<const float> scores, std::span<const std::int32_t> areas, std::uint64_t components,
                           double limit) {
  require(scores.size() == areas.size(), "as many areas as scores");
  const SortedRecords records = sorted_records(scores, [&](std::size_t i) { return areas[i]; });
  SortedRuns runs = records.runs();
  return pixel_metrics(runs, {records.normals.size(), records.defects.size(), components}, limit);
}

}  // namespace mdd::eval
