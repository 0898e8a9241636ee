#include "pretrain/label_grid.h"

#include <algorithm>
#include <vector>

#include "core/error.h"

namespace mdd {
namespace {

struct Tally {
  std::uint16_t label = 0;
  std::int64_t pixels = 0;
};

/// The labels of a cell with their counts; cells hold few different labels, so a short list is searched.
void count_labels(std::span<const std::uint16_t> labels, std::int64_t side, std::int64_t first_row,
                  std::int64_t first_column, std::int64_t extent, std::vector<Tally>& tallies) {
  tallies.clear();
  for (std::int64_t y = first_row; y < first_row + extent; ++y) {
    for (std::int64_t x = first_column; x < first_column + extent; ++x) {
      const std::uint16_t label = labels[static_cast<std::size_t>(y * side + x)];
      const auto known =
          std::find_if(tallies.begin(), tallies.end(), [&](const Tally& tally) { return tally.label == label; });
      if (known == tallies.end()) {
        tallies.push_back({label, 1});
      } else {
        ++known->pixels;
      }
    }
  }
}

std::int32_t label_of(const std::vector<Tally>& tallies, std::int64_t extent,
                      const std::function<bool(int)>& is_overlay) {
  Tally overlay, surface;
  for (const Tally& tally : tallies) {
    Tally& best = is_overlay(tally.label) ? overlay : surface;
    if (tally.pixels > best.pixels) best = tally;
  }
  if (overlay.pixels > 0) return 4 * overlay.pixels >= 3 * extent ? overlay.label : kNoLabel;
  return 5 * surface.pixels >= 3 * extent * extent ? surface.label : kNoLabel;
}

}  // namespace

void reduce_labels(std::span<const std::uint16_t> labels, std::int64_t side, const CellGeometry& geometry,
                   const std::function<bool(int)>& is_overlay, std::span<std::int32_t> cells) {
  const std::int64_t per_side = side / geometry.step;
  require(std::ssize(labels) == side * side && std::ssize(cells) == per_side * per_side &&
              geometry.extent <= geometry.step && side % geometry.step == 0,
          "label grid: extents");
  std::vector<Tally> tallies;
  for (std::int64_t i = 0; i < per_side; ++i) {
    for (std::int64_t j = 0; j < per_side; ++j) {
      count_labels(labels, side, i * geometry.step, j * geometry.step, geometry.extent, tallies);
      cells[static_cast<std::size_t>(i * per_side + j)] = label_of(tallies, geometry.extent, is_overlay);
    }
  }
}

}  // namespace mdd
