// A pixel mask reduced to one value a feature cell: share of set pixels, first pixel, or any set pixel.
//
// Layout  mask: u8 [images, side, side], 0 or 1; cells: float [images, out, out] with side = out * cell.
// Cost    mask read (its first pixels only for the nearest), cells written.
// Design  A group of lanes owns a cell (lane_groups.cuh) and has about sixteen pixels a lane: small cells go to single
//         threads, large ones to whole warps. Counts are whole numbers, so their order is of no matter.
#pragma once
#include "lane_groups.cuh"
#include "ops/params.h"

namespace mdd::kernels {

template <MaskReduction kReduction>
__global__ void reduce_mask(const std::uint8_t* __restrict__ mask, std::int64_t cells_in_all, int out, int cell,
                            int lanes, float* __restrict__ cells) {
  const std::int64_t side = static_cast<std::int64_t>(out) * cell;
  for_each_row(cells_in_all, cell * cell, lanes, [&](std::int64_t index, int lane, int pixels) {
    const std::int64_t row = index / out, image = row / out;
    const std::uint8_t* corner = mask + (image * side + row % out * cell) * side + index % out * cell;
    if constexpr (kReduction == MaskReduction::kNearest) {
      if (lane == 0 && pixels > 0) cells[index] = static_cast<float>(*corner);
    } else {
      float set = 0.0f;
      for (int i = lane; i < pixels; i += lanes) set += static_cast<float>(corner[i / cell * side + i % cell]);
      set = group_sum(set, lanes);
      if (lane == 0 && pixels > 0) {
        cells[index] =
            kReduction == MaskReduction::kMaximum ? (set > 0.0f ? 1.0f : 0.0f) : set / static_cast<float>(pixels);
      }
    }
  });
}

}  // namespace mdd::kernels
