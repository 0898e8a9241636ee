#include "eval/pixel_pool.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "eval/components.h"
#include "eval/score_order.h"

namespace mdd::eval {
namespace {

/// At least this much is kept in memory, so that no run is tiny.
constexpr std::uint64_t kSmallestLimit = 1 << 16;

std::int64_t checked_height(std::int64_t height, std::int64_t width) {
  require(height > 0 && width > 0 && height <= std::numeric_limits<std::int32_t>::max() / width,
          "pixel metrics: positive extents");
  return height;
}

/// Doubles, but not beyond `most` records unless `needed`.
template <class Record>
void reserve_for(std::vector<Record>& records, std::uint64_t needed, std::uint64_t most) {
  if (needed <= records.capacity()) return;
  const std::uint64_t doubled = std::min<std::uint64_t>(2 * records.capacity(), most);
  records.reserve(static_cast<std::size_t>(std::max(needed, doubled)));
}

}  // namespace

PixelPool::PixelPool(std::int64_t height, std::int64_t width, PixelStorage storage)
    : height_(checked_height(height, width)), width_(width), storage_(std::move(storage)) {
  storage_.memory_limit = std::max(storage_.memory_limit, kSmallestLimit);
}

void PixelPool::add(std::span<const float> map, std::span<const std::uint8_t> mask) {
  require(map.size() == pixels_of_map(), "pixel metrics: map has the extents of the class");
  require(mask.empty() || mask.size() == map.size(), "pixel metrics: mask has the extents of the class");
  refuse_nan(map);
  const std::uint64_t pixels = map.size();
  const std::uint64_t normals =
      mask.empty() ? pixels : static_cast<std::uint64_t>(std::count(mask.begin(), mask.end(), std::uint8_t{0}));
  make_room(normals, pixels - normals);
  if (normals == pixels) {
    const std::size_t first = normals_.size();
    normals_.resize(first + map.size());
    std::transform(map.begin(), map.end(), normals_.begin() + static_cast<std::ptrdiff_t>(first), descending_key);
  } else {
    add_defective(map, mask);
  }
  sorted_ = false;
  all_.normals += normals;
  all_.defects += pixels - normals;
  note_extremes(map);
}

void PixelPool::add_defective(std::span<const float> map, std::span<const std::uint8_t> mask) {
  const Components components = label_components(mask, height_, width_);
  components_ += components.areas.size();
  for (std::size_t i = 0; i < map.size(); ++i) {
    const std::uint32_t key = descending_key(map[i]);
    const std::int32_t label = components.labels[i];
    if (label == 0) {
      normals_.push_back(key);
    } else {
      const auto area = static_cast<DefectRecord>(components.areas[static_cast<std::size_t>(label - 1)]);
      defects_.push_back(DefectRecord{key} << 32 | area);
    }
  }
}

void PixelPool::note_extremes(std::span<const float> map) {
  std::uint32_t lowest = lowest_, highest = highest_;
  for (const float value : map) {
    const std::uint32_t key = descending_key(value);
    lowest = std::max(lowest, key);
    highest = std::min(highest, key);
  }
  lowest_ = lowest;
  highest_ = highest;
}

/// Half of the limit is for records, half for sorting them.
void PixelPool::make_room(std::uint64_t normals, std::uint64_t defects) {
  const std::uint64_t room = storage_.memory_limit / 2;
  const auto bytes = [&] {
    return (normals_.size() + normals) * sizeof(NormalRecord) + (defects_.size() + defects) * sizeof(DefectRecord);
  };
  if (bytes() > room) spill();
  reserve_for(normals_, normals_.size() + normals, room / sizeof(NormalRecord));
  reserve_for(defects_, defects_.size() + defects, room / sizeof(DefectRecord));
}

void PixelPool::spill() {
  if (normals_.empty() && defects_.empty()) return;
  sort();
  if (!spool_.has_value()) spool_.emplace(storage_.folder);
  SpooledRun run;
  run.normal_count = normals_.size();
  run.normal_offset = spool_->append(std::as_bytes(std::span(normals_)));
  run.defect_count = defects_.size();
  run.defect_offset = spool_->append(std::as_bytes(std::span(defects_)));
  spooled_.push_back(run);
  normals_ = {};
  defects_ = {};
}

void PixelPool::sort() {
  if (sorted_) return;
  sort_by_key(normals_);
  sort_by_key(defects_);
  sorted_ = true;
}

void PixelPool::clear() { *this = PixelPool(height_, width_, storage_); }

/// The file's runs share a quarter of the limit as buffers.
SortedRuns PixelPool::runs() {
  sort();
  SortedRuns out{{Cursor<NormalRecord>(normals_)}, {Cursor<DefectRecord>(defects_)}};
  if (spooled_.empty()) return out;
  constexpr std::uint64_t kLargestBuffer = 1 << 20;
  constexpr std::uint64_t kSmallestBuffer = 1 << 12;
  const std::uint64_t buffer =
      std::clamp(storage_.memory_limit / (8 * spooled_.size()), kSmallestBuffer, kLargestBuffer);
  for (const SpooledRun& run : spooled_) {
    out.normals.emplace_back(*spool_, run.normal_offset, run.normal_count, buffer / sizeof(NormalRecord));
    out.defects.emplace_back(*spool_, run.defect_offset, run.defect_count, buffer / sizeof(DefectRecord));
  }
  return out;
}

PixelMetrics PixelPool::metrics(double limit) {
  SortedRuns sorted;
  if (all_.normals > 0 && all_.defects > 0) sorted = runs();  // else no metric is defined, and sorting is in vain
  return pixel_metrics(sorted, {all_.normals, all_.defects, components_}, limit);
}

AderRow PixelPool::ader() {
  if (all_.normals + all_.defects == 0) return {};
  const float low = score_of(lowest_), high = score_of(highest_);
  if (!std::isfinite(low) || !std::isfinite(high)) {
    fail(ErrorKind::kRuntime, "metrics: an anomaly map holds a value that is not finite");
  }
  if (low == high) return {};
  const std::vector<std::uint32_t> thresholds = ader_thresholds(low, high);
  std::vector<std::size_t> order(thresholds.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return thresholds[a] < thresholds[b]; });
  std::vector<PixelCounts> reported(thresholds.size());
  SortedRuns sorted = runs();
  PixelCounts counts;
  for (const std::size_t i : order) {  // every threshold goes on where the one before it stopped
    for (auto& cursor : sorted.normals) counts.normals += cursor.count_below(thresholds[i]);
    for (auto& cursor : sorted.defects) {
      cursor.pass_below(thresholds[i], [&](DefectRecord record) {
        ++counts.defects;
        counts.overlap += share_of(static_cast<std::uint32_t>(record));
      });
    }
    reported[i] = counts;
  }
  return ader_row(reported, all_, components_);
}

}  // namespace mdd::eval
