// The coarse variants of two pixel metrics that the ADer benchmark publishes (spec S10, `--metrics ader`). They cost
// accuracy to save time; they exist here only so that numbers can be compared with published tables.
#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "eval/aupro.h"

namespace mdd::eval {

/// AUPRO from 50 thresholds. Let low and high be the extremes of all maps of the class. Thresholds t_i = low + i *
/// (high - low) / 50, i = 0 .. 49, pixel reported when map > t_i. Of the points (FPR_i, PRO_i) those with FPR < 0.3
/// are kept; their FPR is stretched so that the smallest becomes 0 and the largest 1; the result is the trapezoid area.
/// nullopt without defect component or normal pixel, if all values are equal, or if the kept rates do not differ.
[[nodiscard]] std::optional<double> aupro_50_strips(std::span<const ScoredImage> images, std::int64_t height,
                                                    std::int64_t width);

/// Largest pixel F1 over the 21 thresholds 0, 0.05, ..., 1 applied as `value > threshold` to (map - low) / (high - low)
/// with the extremes of the class. nullopt if one label only is present or all values are equal. Masks and maps
/// as in aupro().
[[nodiscard]] std::optional<double> f1_max_21_thresholds(std::span<const ScoredImage> images);

}  // namespace mdd::eval
