// The four metrics over the pixels of one class (spec S10).
#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "eval/aupro.h"
#include "eval/ranking.h"

namespace mdd::eval {

struct PixelMetrics {
  RankingMetrics ranking;
  std::optional<double> aupro;
};

struct PixelTotals {
  std::uint64_t normals = 0, defects = 0;
  std::uint64_t components = 0;  ///< 8-connected, of all masks
};

/// AUPRO up to `limit` in (0, 1]. Uses the runs up.
[[nodiscard]] PixelMetrics pixel_metrics(SortedRuns& runs, const PixelTotals& totals, double limit);

/// `areas`: for every score 0 if its pixel is normal, else the number of pixels of its connected defect component.
/// Throws Error(kRuntime) on a NaN score, unequal lengths or a limit outside (0, 1]. Memory as in sorted_records().
[[nodiscard]] PixelMetrics pixel_metrics(std::span<const float> scores, std::span<const std::int32_t> areas,
                                         std::uint64_t components, double limit);

}  // namespace mdd::eval
