// Sorted sequences of scores, in memory or spooled, and the one walk over them that every metric shares.
#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "core/overlap_arithmetic.h"
#include "eval/spool_file.h"

namespace mdd::eval {

/// A normal pixel or image: its descending_key.
using NormalRecord = std::uint32_t;
/// A defect: descending_key << 32 | number of pixels of its component (1 for an image).
using DefectRecord = std::uint64_t;

[[nodiscard]] inline std::uint32_t key_of(NormalRecord record) { return record; }
[[nodiscard]] inline std::uint32_t key_of(DefectRecord record) { return static_cast<std::uint32_t>(record >> 32); }

/// Walks once over an ascending sequence of records.
template <class Record>
class Cursor {
 public:
  explicit Cursor(std::span<const Record> sorted) : block_(sorted) {}
  /// `count` records from `offset` in the file, which must outlive the cursor; holds `block` > 0 of them at a time.
  Cursor(const SpoolFile& file, std::uint64_t offset, std::uint64_t count, std::size_t block)
      : file_(&file),
        offset_(offset),
        left_(count),
        buffer_(static_cast<std::size_t>(std::min<std::uint64_t>(block, count))) {
    refill();
  }

  [[nodiscard]] bool empty() const { return block_.empty(); }
  /// Not when empty.
  [[nodiscard]] Record front() const { return block_.front(); }
  void pop() {
    block_ = block_.subspan(1);
    if (block_.empty()) refill();
  }

  /// Passes all records whose key is below `bound`; calls `visit` with each.
  template <class Visit>
  void pass_below(std::uint64_t bound, Visit&& visit) {
    while (!block_.empty()) {
      std::size_t count = 0;
      while (count < block_.size() && key_of(block_[count]) < bound) visit(block_[count++]);
      block_ = block_.subspan(count);
      if (!block_.empty()) return;
      refill();
    }
  }
  /// The same; returns how many.
  std::uint64_t count_below(std::uint64_t bound) {
    std::uint64_t count = 0;
    pass_below(bound, [&](Record) { ++count; });
    return count;
  }

 private:
  void refill() {
    if (left_ == 0) return;
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, buffer_.size()));
    const std::span<Record> fresh = std::span(buffer_).first(count);
    file_->read(offset_, std::as_writable_bytes(fresh));
    offset_ += count * sizeof(Record);
    left_ -= count;
    block_ = fresh;
  }

  std::span<const Record> block_;  ///< what is left of the sequence or of the buffer
  const SpoolFile* file_ = nullptr;
  std::uint64_t offset_ = 0;
  std::uint64_t left_ = 0;  ///< records in the file beyond the buffer
  std::vector<Record> buffer_;
};

/// All records of a class as sorted sequences; their number does not matter for the result.
struct SortedRuns {
  std::vector<Cursor<NormalRecord>> normals;
  std::vector<Cursor<DefectRecord>> defects;
};

/// One step of the ROC, precision-recall and overlap curves at once: going down from the previous group, first
/// `normals_before` normal records with scores of their own, then defects and normal records of one and the same score.
struct TieGroup {
  std::uint64_t normals_before = 0;
  std::uint64_t normals = 0;
  std::uint64_t defects = 0;
  Overlap overlap = 0;  ///< of the defects
};

/// Visits the tie groups of all defects by descending score; returns the number of normal records below the last. The
/// runs are used up. Cost: linear in the records, plus the number of runs for every distinct score of a defect. Normal
/// records between two defects need no order among each other, for no curve bends there.
template <class Visit>
std::uint64_t visit_tie_groups(SortedRuns& runs, Visit&& visit) {
  const auto pass_normals = [&](std::uint64_t bound) {
    std::uint64_t count = 0;
    for (auto& cursor : runs.normals) count += cursor.count_below(bound);
    return count;
  };
  constexpr std::uint64_t kEnd = std::uint64_t{1} << 32;
  while (true) {
    std::uint64_t key = kEnd;
    for (const auto& cursor : runs.defects) {
      if (!cursor.empty()) key = std::min<std::uint64_t>(key, key_of(cursor.front()));
    }
    if (key == kEnd) return pass_normals(kEnd);
    TieGroup group;
    group.normals_before = pass_normals(key);
    group.normals = pass_normals(key + 1);
    for (auto& cursor : runs.defects) {
      cursor.pass_below(key + 1, [&](DefectRecord record) {
        ++group.defects;
        group.overlap += share_of(static_cast<std::uint32_t>(record));
      });
    }
    visit(static_cast<const TieGroup&>(group));
  }
}

}  // namespace mdd::eval
