// From scores in memory to the sorted records that the metrics walk over.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "eval/score_order.h"
#include "eval/sorted_runs.h"

namespace mdd::eval {

struct SortedRecords {
  std::vector<NormalRecord> normals;
  std::vector<DefectRecord> defects;
  /// Must not outlive the records.
  [[nodiscard]] SortedRuns runs() const { return {{Cursor<NormalRecord>(normals)}, {Cursor<DefectRecord>(defects)}}; }
};

/// `area_of(i)`: 0 for a normal score, else the size of the component that score i belongs to. Throws Error(kRuntime)
/// on a NaN. Memory: 4 bytes a normal score, 8 a defect, the same again while sorting.
template <class AreaOf>
[[nodiscard]] SortedRecords sorted_records(std::span<const float> scores, const AreaOf& area_of) {
  refuse_nan(scores);
  std::size_t normals = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) normals += area_of(i) == 0 ? 1 : 0;
  SortedRecords out;
  out.normals.reserve(normals);
  out.defects.reserve(scores.size() - normals);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const std::uint32_t key = descending_key(scores[i]);
    if (const auto area = static_cast<std::uint32_t>(area_of(i)); area != 0) {
      out.defects.push_back(DefectRecord{key} << 32 | area);
    } else {
      out.normals.push_back(key);
    }
  }
  sort_by_key(out.normals);
  sort_by_key(out.defects);
  return out;
}

}  // namespace mdd::eval
