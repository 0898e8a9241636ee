// From a label per pixel to a label per feature cell.
#pragma once
#include <cstdint>
#include <functional>
#include <span>

namespace mdd {

/// Cells that are not judged: too mixed to have one right answer.
inline constexpr std::int32_t kNoLabel = -1;

/// Which pixels the cells stand for: cell (i, j) covers rows [i * step, i * step + extent) and the same columns.
struct CellGeometry {
  std::int64_t step = 8;
  std::int64_t extent = 4;
};

/// One label a cell, row by row, for a side x side picture; side is a multiple of step.
/// A cell is labelled with the overlay (`is_overlay`) that covers most of it, if that is at least 3 / (4 extent) of the
/// cell: a line of one pixel that crosses it counts, a corner of one does not. Under an overlay that covers less the
/// cell has no label. Without any it gets the label of at least 3/5 of its pixels, or none.
void reduce_labels(std::span<const std::uint16_t> labels, std::int64_t side, const CellGeometry& geometry,
                   const std::function<bool(int)>& is_overlay, std::span<std::int32_t> cells);

}  // namespace mdd
