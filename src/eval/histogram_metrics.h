// The coarse variants of two pixel metrics that the ADer benchmark publishes (spec S10, `--metrics ader`). They cost
// accuracy to save time; they exist here only so that numbers can be compared with published tables.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "eval/sorted_runs.h"

namespace mdd::eval {

struct AderRow {
  /// From 50 thresholds. Let low and high be the extremes of all maps of the class. Thresholds t_i = low + i *
  /// (high - low) / 50, i = 0 .. 49, pixel reported when map > t_i. Of the points (FPR_i, PRO_i) those with FPR < 0.3
  /// are kept; their FPR is stretched so that the smallest becomes 0 and the largest 1; the result is the trapezoid
  /// area. nullopt without defect component or normal pixel, if all values are equal, or if the kept rates do not
  /// differ.
  std::optional<double> aupro;
  /// Largest F1 over the 21 thresholds 0, 0.05, ..., 1 applied as `value > threshold` to (map - low) / (high - low).
  /// nullopt if one label only is present or all values are equal.
  std::optional<double> pixel_f1max;
};

/// How many pixels a threshold reports, or how many there are.
struct PixelCounts {
  std::uint64_t normals = 0;
  std::uint64_t defects = 0;
  Overlap overlap = 0;  ///< of the defects
};

/// The thresholds of both variants for maps from `low` to `high`, finite and low < high, as keys: a pixel is reported
/// when its key lies below. Throws Error(kRuntime) on any other range.
[[nodiscard]] std::vector<std::uint32_t> ader_thresholds(float low, float high);

/// `reported`: what each of ader_thresholds reports; `all`: the pixels of the class.
[[nodiscard]] AderRow ader_row(std::span<const PixelCounts> reported, const PixelCounts& all, std::uint64_t components);

}  // namespace mdd::eval
