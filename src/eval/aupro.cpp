#include "eval/aupro.h"

#include "core/error.h"

namespace mdd::eval {

OverlapCurve::OverlapCurve(std::uint64_t normals, std::uint64_t components, double limit)
    : normals_(normals), components_(static_cast<double>(components)), limit_(limit * static_cast<double>(normals)) {
  require(limit > 0.0 && limit <= 1.0, "AUPRO: limit in (0, 1]");
}

void OverlapCurve::advance(std::uint64_t normals, double next) {
  const auto from = static_cast<double>(seen_);
  if (normals == 0 || from >= limit_) return;
  seen_ += normals;
  area_.add(area_below(limit_, from, static_cast<double>(normals), overlap_, next));
}

void OverlapCurve::add(const TieGroup& group) {
  advance(group.normals_before, overlap_);
  overlap_sum_ += group.overlap;
  const double next = to_components(overlap_sum_);
  advance(group.normals, next);
  overlap_ = next;
}

std::optional<double> OverlapCurve::finish() const {
  if (normals_ == 0 || components_ == 0.0) return std::nullopt;
  CompensatedSum area = area_;
  const double left = limit_ - static_cast<double>(seen_);
  if (left > 0.0) area.add(overlap_ * left);  // normal pixels below all defects
  return area.value() / (limit_ * components_);
}

}  // namespace mdd::eval
