#include "report/attention_summary.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"

namespace mdd::report {
namespace {

constexpr std::size_t kPlaces = 3;

CellVote vote_of(std::span<const float> row, std::size_t slots) {
  CellVote best;
  for (std::size_t begin = 0; begin < row.size(); begin += slots) {
    const auto part = row.subspan(begin, slots);
    const float share = std::accumulate(part.begin(), part.end(), 0.0f);
    if (begin == 0 || share > best.share) best = {begin / slots, share};
  }
  return best;
}

}  // namespace

AttentionSummary summarise_attention(std::span<const float> attention, std::size_t classes, std::size_t slots,
                                     std::size_t count) {
  const std::size_t prototypes = classes * slots;
  if (attention.empty()) return {};
  require(prototypes > 0 && attention.size() % prototypes == 0, "attention: rows of classes * slots");
  const std::size_t cells = attention.size() / prototypes;
  AttentionSummary out;
  out.side = std::llround(std::sqrt(static_cast<double>(cells)));
  require(static_cast<std::size_t>(out.side * out.side) == cells, "attention: a square of cells");
  std::vector<double> sums(prototypes, 0.0);
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const auto row = attention.subspan(cell * prototypes, prototypes);
    for (std::size_t p = 0; p < prototypes; ++p) sums[p] += static_cast<double>(row[p]);
    out.cells.push_back(vote_of(row, slots));
  }
  std::vector<std::size_t> order(prototypes);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::size_t kept = std::min(count, prototypes);
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(),
                    [&](std::size_t a, std::size_t b) { return sums[a] != sums[b] ? sums[a] > sums[b] : a < b; });
  for (std::size_t i = 0; i < kept; ++i) {
    out.top.push_back({order[i], static_cast<float>(sums[order[i]] / static_cast<double>(cells))});
  }
  return out;
}

void PrototypeReaders::add(const std::filesystem::path& path, std::span<const float> attention) {
  const std::size_t prototypes = places_.size();
  require(prototypes > 0 && attention.size() % prototypes == 0, "attention: rows of classes * slots");
  const std::size_t image = images_.size();
  images_.push_back(path);
  std::vector<Place> best(prototypes, {-1.0f, image, 0});
  for (std::size_t i = 0; i < attention.size(); ++i) {
    Place& place = best[i % prototypes];
    if (attention[i] > place.share) place = {attention[i], image, i / prototypes};
  }
  for (std::size_t p = 0; p < prototypes; ++p) {
    std::vector<Place>& kept = places_[p];
    const auto after = std::find_if(kept.begin(), kept.end(), [&](const Place& k) { return k.share < best[p].share; });
    kept.insert(after, best[p]);
    if (kept.size() > kPlaces) kept.pop_back();
  }
}

}  // namespace mdd::report
