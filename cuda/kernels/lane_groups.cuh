// Rows that are shorter than a warp is wide: a warp splits into groups of neighbouring lanes, each with a row of its
// own.
//
// A group is a power of two of lanes, as many as a row has packs (at most 32), so that a narrow row leaves no lane idle
// and neighbouring groups still read neighbouring memory. Rows beyond 32 packs are walked by the whole warp. Sums run
// over a group by butterflies of shuffles, in an order that depends on nothing but the group's size.
#pragma once
#include <cstdint>

#include "reduce.cuh"

namespace mdd::kernels {

/// Lanes for rows of `packs` accesses: the next power of two, at most a warp.
constexpr int lanes_for(std::int64_t packs) {
  int lanes = 1;
  while (lanes < kWarp && lanes < packs) lanes *= 2;
  return lanes;
}

/// Sum over the `lanes` neighbours of a group; every lane of the warp must take part, each receives its group's sum.
__device__ inline float group_sum(float v, int lanes) {
  for (int distance = lanes / 2; distance > 0; distance /= 2) v += __shfl_xor_sync(kAllLanes, v, distance);
  return v;
}

/// Largest value over a group; every lane of the warp must take part, each receives its group's.
__device__ inline float group_max(float v, int lanes) {
  for (int distance = lanes / 2; distance > 0; distance /= 2) {
    const float other = __shfl_xor_sync(kAllLanes, v, distance);
    v = v < other ? other : v;
  }
  return v;
}

/// Calls body(row, lane, width) on every lane of a group, for all rows of the grid's warps in turn. A warp calls it
/// with all of its lanes, so that body may shuffle; groups beyond the last row get width 0 instead of `columns` and
/// must neither read nor write.
template <class Body>
__device__ inline void for_each_row(std::int64_t rows, int columns, int lanes, const Body& body) {
  const int thread = static_cast<int>(threadIdx.x) % kWarp;
  const std::int64_t warps_of_block = blockDim.x / kWarp, groups = kWarp / lanes;
  const std::int64_t warp = blockIdx.x * warps_of_block + threadIdx.x / kWarp;
  const std::int64_t stride = gridDim.x * warps_of_block * groups;
  for (std::int64_t base = warp * groups; base < rows; base += stride) {
    const std::int64_t row = base + thread / lanes;
    body(row, thread % lanes, row < rows ? columns : 0);
  }
}

}  // namespace mdd::kernels
