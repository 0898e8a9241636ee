// Area under the per-region-overlap curve (spec S10).
#pragma once
#include <cstdint>
#include <optional>

#include "eval/compensated_sum.h"
#include "eval/sorted_runs.h"

namespace mdd::eval {

/// False-positive rate up to which AUPRO integrates.
inline constexpr double kAuproLimit = 0.3;

/// Exact AUPRO from the tie groups of one class by descending score (visit_tie_groups). For every distinct threshold t:
/// PRO = mean over all 8-connected defect components of the share of the component with map >= t; FPR = share of all
/// normal pixels with map >= t. The curve starts at (0, 0), is linear inside a tie group, is integrated by trapezoids
/// to FPR = `limit` (interpolated there) and divided by `limit`, so that 1 is perfect.
class OverlapCurve {
 public:
  /// Numbers of all normal pixels and defect components. Throws Error(kRuntime) on a limit outside (0, 1].
  OverlapCurve(std::uint64_t normals, std::uint64_t components, double limit);
  void add(const TieGroup& group);
  /// nullopt without a defect component or without a normal pixel.
  [[nodiscard]] std::optional<double> finish() const;

 private:
  /// Goes `normals` to the right on a straight line to `next` components, or to the limit if that comes first.
  void advance(std::uint64_t normals, double next);

  std::uint64_t normals_;
  double components_;
  double limit_;            ///< in normal pixels
  std::uint64_t seen_ = 0;  ///< normal pixels at or above the threshold
  Overlap overlap_sum_ = 0;
  double overlap_ = 0.0;  ///< the same in components
  CompensatedSum area_;   ///< in normal pixels times components
};

}  // namespace mdd::eval
