#include "report/case_selection.h"

#include <algorithm>

#include "core/error.h"
#include "data/resize.h"

namespace mdd::report {
namespace {

/// values: side x side -> the maximum of each block x block square, cut short at the right and bottom edges.
template <class Value>
std::vector<Value> block_maximum(std::span<const Value> values, std::int64_t side, std::int64_t block) {
  if (values.empty()) return {};
  require(values.size() == static_cast<std::size_t>(side * side), "report: maps have the image's extents");
  if (block == 1) return {values.begin(), values.end()};
  const std::int64_t small = (side + block - 1) / block;
  std::vector<Value> out(static_cast<std::size_t>(small * small));
  for (std::int64_t y = 0; y < side; ++y) {
    for (std::int64_t x = 0; x < side; ++x) {
      const bool first = y % block == 0 && x % block == 0;
      Value& to = out[static_cast<std::size_t>(y / block * small + x / block)];
      const Value value = values[static_cast<std::size_t>(y * side + x)];
      to = first ? value : std::max(to, value);
    }
  }
  return out;
}

}  // namespace

Case make_case(const ReportImage& image, AttentionSummary attention) {
  const std::int64_t side = image.image->height, block = (side + kPictureSide - 1) / kPictureSide;
  const std::int64_t small = (side + block - 1) / block;
  Case out;
  out.name = image.name;
  out.defective = image.defective;
  out.score = image.score;
  out.vote = image.vote;
  out.image = block == 1 ? *image.image : data::resize_antialiased(*image.image, small, small);
  out.mask = block_maximum(image.mask, side, block);
  out.fused = block_maximum(image.fused, side, block);
  out.teacher_restored = block_maximum(image.teacher_restored, side, block);
  out.restored_identity = block_maximum(image.restored_identity, side, block);
  out.mass.assign(image.mass.begin(), image.mass.end());
  out.attention = std::move(attention);
  return out;
}

CaseSelection::CaseSelection(std::size_t capacity)
    : capacity_(capacity), lists_{{true, false, {}}, {false, true, {}}, {true, true, {}}, {false, false, {}}} {}

bool CaseSelection::wants(const List& list, bool defective, float score) const {
  if (list.defective != defective || capacity_ == 0) return false;
  return list.cases.size() < capacity_ || list.before(score, list.cases.back()->score);
}

bool CaseSelection::wants(bool defective, float score) const {
  return std::any_of(lists_.begin(), lists_.end(), [&](const List& list) { return wants(list, defective, score); });
}

void CaseSelection::add(const CasePointer& image) {
  for (List& list : lists_) {
    if (!wants(list, image->defective, image->score)) continue;
    const auto later = [&](const CasePointer& other) { return list.before(image->score, other->score); };
    list.cases.insert(std::find_if(list.cases.begin(), list.cases.end(), later), image);
    if (list.cases.size() > capacity_) list.cases.pop_back();
  }
}

std::vector<CasePointer> CaseSelection::without(const std::vector<CasePointer>& cases,
                                                const std::vector<CasePointer>& other) {
  std::vector<CasePointer> out;
  for (const CasePointer& image : cases) {
    if (std::find(other.begin(), other.end(), image) == other.end()) out.push_back(image);
  }
  return out;
}

}  // namespace mdd::report
