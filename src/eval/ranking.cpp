#include "eval/ranking.h"

#include <algorithm>
#include <vector>

#include "core/error.h"
#include "eval/score_order.h"

namespace mdd::eval {
namespace {

struct SplitKeys {
  std::vector<std::uint32_t> normal;
  std::vector<std::uint32_t> defect;
};

SplitKeys sorted_keys(std::span<const float> scores, std::span<const std::uint8_t> labels) {
  const auto normals = static_cast<std::size_t>(std::count(labels.begin(), labels.end(), std::uint8_t{0}));
  SplitKeys keys;
  keys.normal.reserve(normals);
  keys.defect.reserve(labels.size() - normals);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    (labels[i] == 0 ? keys.normal : keys.defect).push_back(ordered_key(scores[i]));
  }
  sort_by_key<0>(keys.normal);
  sort_by_key<0>(keys.defect);
  return keys;
}

/// Drops all trailing elements equal to `key`; returns how many.
std::int64_t take_equal(std::span<const std::uint32_t>& ascending, std::uint32_t key) {
  const std::size_t before = ascending.size();
  while (!ascending.empty() && ascending.back() == key) ascending = ascending.first(ascending.size() - 1);
  return static_cast<std::int64_t>(before - ascending.size());
}

}  // namespace

RankingMetrics ranking_metrics(std::span<const float> scores, std::span<const std::uint8_t> labels) {
  require(scores.size() == labels.size(), "as many labels as scores");
  require(scores.size() <= (std::size_t{1} << 32), "at most 2^32 scores");  // twice the AUROC count fits 64 bits
  const SplitKeys keys = sorted_keys(scores, labels);
  if (keys.normal.empty() || keys.defect.empty()) return {};
  const auto normals = static_cast<double>(keys.normal.size());
  const auto defects = static_cast<double>(keys.defect.size());

  std::span<const std::uint32_t> normal = keys.normal;
  std::span<const std::uint32_t> defect = keys.defect;
  std::int64_t found = 0;         // defects at or above the threshold
  std::int64_t alarms = 0;        // normals at or above the threshold
  std::uint64_t twice_pairs = 0;  // 2 per normal ranked below a defect, 1 per tie
  double precision_sum = 0.0;
  double best_f1 = 0.0;
  while (!normal.empty() || !defect.empty()) {  // one tie group a turn, highest score first
    const std::uint32_t key = std::max(normal.empty() ? 0u : normal.back(), defect.empty() ? 0u : defect.back());
    const std::int64_t group_normals = take_equal(normal, key);
    const std::int64_t group_defects = take_equal(defect, key);
    twice_pairs += static_cast<std::uint64_t>(group_normals) * static_cast<std::uint64_t>(2 * found + group_defects);
    found += group_defects;
    alarms += group_normals;
    if (group_defects == 0) continue;  // recall did not move: no step, and precision only fell
    const auto hits = static_cast<double>(found);
    const auto reported = static_cast<double>(found + alarms);
    precision_sum += static_cast<double>(group_defects) * (hits / reported);
    best_f1 = std::max(best_f1, 2.0 * hits / (defects + reported));
  }
  return {static_cast<double>(twice_pairs) / (2.0 * normals * defects), precision_sum / defects, best_f1};
}

std::optional<double> auroc(std::span<const float> scores, std::span<const std::uint8_t> labels) {
  return ranking_metrics(scores, labels).auroc;
}

std::optional<double> average_precision(std::span<const float> scores, std::span<const std::uint8_t> labels) {
  return ranking_metrics(scores, labels).average_precision;
}

std::optional<double> f1_max(std::span<const float> scores, std::span<const std::uint8_t> labels) {
  return ranking_metrics(scores, labels).f1_max;
}

}  // namespace mdd::eval
