// Area under the ROC curve, average precision and largest F1 of scores that are sorted already, highest first.
//
// A threshold stands behind each group of equal scores. With the numbers up to there, t of defects and i of all, those
// up to the group before, t' and i', and T defects among n:
//   AUROC = sum ((i - t) - (i' - t')) (t + t') / (2 T (n - T)),   AP = sum (t - t') (t / i) / T,
//   F1    = max 2 t / (T + i)
//
// Layout  scores: f32 [n], falling; labels: u8 [n], 0 = normal; metrics: f64 [3]; n < 2^31.
// Cost    bytes = 2 (scores + labels): little beside the sort.
// Design  Scores are cut into tiles of 4096. Three kernels, as in any scan: each tile counts its defects and notes
//         its last group's end; one block adds the tiles up; each tile then knows t, i and the end before its own,
//         and adds its groups' terms. A group may span many tiles, so "the end before" travels as a scan of its
//         own: an end is the pair (i, t), packed into 64 bits with i above, and the last of several ends is the
//         largest. A fourth kernel adds the tiles' terms. Counts are whole numbers and exact; f64 sums have a fixed
//         order. -0 equals +0.
#pragma once
#include "reduce.cuh"

namespace mdd::kernels {

inline constexpr int kRankingThreads = 256;
inline constexpr int kRankingRun = 16;  ///< scores a thread
inline constexpr int kRankingTile = kRankingThreads * kRankingRun;

using GroupEnd = unsigned long long;
__device__ inline GroupEnd group_end(unsigned scores, unsigned defects) { return GroupEnd{scores} << 32 | defects; }
__device__ inline unsigned scores_of(GroupEnd end) { return static_cast<unsigned>(end >> 32); }
__device__ inline unsigned defects_of(GroupEnd end) { return static_cast<unsigned>(end); }

/// What the tiles leave behind for one another, one element a tile.
struct RankingTiles {
  unsigned* defects;         ///< in the tile; after the scan in all tiles before it
  GroupEnd* last_end;        ///< counted from the tile's beginning, 0 = none; after the scan: the last end before it
  unsigned long long* area;  ///< 2 for each normal below a defect, 1 for each tie
  double* precision;         ///< sum of (t - t') t / i
  double* best_f1;
  int* broken;            ///< the tile holds a NaN
  unsigned* all_defects;  ///< one element: T
};

/// Sum or maximum over the threads before this one; every thread of the block calls. Neutral element 0.
template <class T, class Combine>
__device__ inline T exclusive_scan(T v, const Combine& combine) {
  MDDNET_SHARED(T, of_warp, kWarp);
  const int lane = static_cast<int>(threadIdx.x) % kWarp, warp = static_cast<int>(threadIdx.x) / kWarp;
  T inclusive = v;
  for (int distance = 1; distance < kWarp; distance *= 2) {
    const T other = __shfl_up_sync(kAllLanes, inclusive, static_cast<unsigned>(distance));
    if (lane >= distance) inclusive = combine(inclusive, other);
  }
  __syncthreads();  // the array may still be read by an earlier call
  if (lane == kWarp - 1) of_warp[warp] = inclusive;
  __syncthreads();
  T before = 0;
  for (int w = 0; w < warp; ++w) before = combine(before, of_warp[w]);
  const T neighbour = __shfl_up_sync(kAllLanes, inclusive, 1u);
  return lane == 0 ? before : combine(before, neighbour);
}

struct Sum {
  __device__ unsigned operator()(unsigned a, unsigned b) const { return a + b; }
};
struct Largest {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return a < b ? b : a;
  }
};

/// body(i, is a defect, ends its group) for this thread's run of scores, in order.
template <class Body>
__device__ inline void for_each_ranked(const float* __restrict__ scores, const std::uint8_t* __restrict__ labels,
                                       std::int64_t count, const Body& body) {
  const std::int64_t first = std::int64_t{blockIdx.x} * kRankingTile + threadIdx.x * kRankingRun;
  const std::int64_t last = first + kRankingRun < count ? first + kRankingRun : count;
  if (first >= last) return;
  float score = scores[first];
  for (std::int64_t i = first; i < last; ++i) {
    const float next = i + 1 < count ? scores[i + 1] : score;
    body(i, labels[i] != 0, i + 1 == count || next != score);
    score = next;
  }
}

__global__ void __launch_bounds__(kRankingThreads)
    count_ranking_tiles(const float* __restrict__ scores, const std::uint8_t* __restrict__ labels, std::int64_t count,
                        RankingTiles tiles) {
  const std::int64_t tile_begin = std::int64_t{blockIdx.x} * kRankingTile;
  unsigned defects = 0;
  GroupEnd last = 0;
  bool broken = false;
  for_each_ranked(scores, labels, count, [&](std::int64_t i, bool defect, bool ends) {
    defects += defect ? 1 : 0;
    broken = broken || scores[i] != scores[i];
    if (ends) last = group_end(static_cast<unsigned>(i + 1 - tile_begin), defects);
  });
  const unsigned before = exclusive_scan(defects, Sum{});
  if (last != 0) last += before;
  const GroupEnd last_before = exclusive_scan(last, Largest{});
  const bool any_broken = __syncthreads_or(broken) != 0;
  if (threadIdx.x != kRankingThreads - 1) return;
  tiles.defects[blockIdx.x] = before + defects;
  tiles.last_end[blockIdx.x] = Largest{}(last_before, last);
  tiles.broken[blockIdx.x] = any_broken ? 1 : 0;
}

/// One block. Each thread adds up a run of tiles.
__global__ void __launch_bounds__(kRankingThreads) scan_ranking_tiles(std::int64_t tile_count, RankingTiles tiles) {
  const std::int64_t run = (tile_count + kRankingThreads - 1) / kRankingThreads;
  const std::int64_t begin = threadIdx.x * run;
  const std::int64_t end = begin + run < tile_count ? begin + run : tile_count;
  unsigned defects = 0;
  for (std::int64_t tile = begin; tile < end; ++tile) defects += tiles.defects[tile];
  const unsigned defects_before = exclusive_scan(defects, Sum{});
  if (threadIdx.x == kRankingThreads - 1) *tiles.all_defects = defects_before + defects;
  // The same run again: ends counted from the very beginning.
  const auto from_beginning = [](GroupEnd end_in_tile, std::int64_t tile, unsigned before) {
    return end_in_tile == 0 ? 0 : end_in_tile + group_end(static_cast<unsigned>(tile * kRankingTile), before);
  };
  GroupEnd last = 0;
  defects = defects_before;
  for (std::int64_t tile = begin; tile < end; ++tile) {
    last = Largest{}(last, from_beginning(tiles.last_end[tile], tile, defects));
    defects += tiles.defects[tile];
  }
  last = exclusive_scan(last, Largest{});
  defects = defects_before;
  for (std::int64_t tile = begin; tile < end; ++tile) {
    const GroupEnd of_tile = from_beginning(tiles.last_end[tile], tile, defects);
    const unsigned defects_of_tile = tiles.defects[tile];
    tiles.last_end[tile] = last;
    tiles.defects[tile] = defects;
    last = Largest{}(last, of_tile);
    defects += defects_of_tile;
  }
}

/// Largest value over the block, in every thread.
__device__ inline double block_largest(double v) {
  for (int distance = kWarp / 2; distance > 0; distance /= 2) {
    v = Largest{}(v, __shfl_xor_sync(kAllLanes, v, distance));
  }
  return detail::across_warps(v, 0.0, [](double w) {
    for (int distance = kWarp / 2; distance > 0; distance /= 2) {
      w = Largest{}(w, __shfl_xor_sync(kAllLanes, w, distance));
    }
    return w;
  });
}

__global__ void __launch_bounds__(kRankingThreads)
    rank_tiles(const float* __restrict__ scores, const std::uint8_t* __restrict__ labels, std::int64_t count,
               RankingTiles tiles) {
  const unsigned tile_defects = tiles.defects[blockIdx.x];
  const double all_defects = static_cast<double>(*tiles.all_defects);
  unsigned run_defects = 0;
  GroupEnd last = 0;
  for_each_ranked(scores, labels, count, [&](std::int64_t i, bool defect, bool ends) {
    run_defects += defect ? 1 : 0;
    if (ends) last = group_end(static_cast<unsigned>(i + 1), run_defects);
  });
  unsigned defects = tile_defects + exclusive_scan(run_defects, Sum{});
  if (last != 0) last += defects;
  GroupEnd previous = Largest{}(exclusive_scan(last, Largest{}), tiles.last_end[blockIdx.x]);

  unsigned long long area = 0;
  double precision = 0.0, best_f1 = 0.0;
  for_each_ranked(scores, labels, count, [&](std::int64_t i, bool defect, bool ends) {
    defects += defect ? 1 : 0;
    if (!ends) return;
    const auto reached = static_cast<unsigned>(i + 1);
    const unsigned found = defects - defects_of(previous);
    const unsigned alarms = reached - scores_of(previous) - found;
    area += static_cast<unsigned long long>(alarms) * (std::uint64_t{defects} + defects_of(previous));
    precision += static_cast<double>(found) * (static_cast<double>(defects) / static_cast<double>(reached));
    best_f1 = Largest{}(best_f1, 2.0 * static_cast<double>(defects) / (all_defects + static_cast<double>(reached)));
    previous = group_end(reached, defects);
  });
  area = block_sum(area);
  precision = block_sum(precision);
  best_f1 = block_largest(best_f1);
  if (threadIdx.x != 0) return;
  tiles.area[blockIdx.x] = area;
  tiles.precision[blockIdx.x] = precision;
  tiles.best_f1[blockIdx.x] = best_f1;
}

/// One block.
__global__ void __launch_bounds__(kRankingThreads)
    finish_ranking(std::int64_t count, std::int64_t tile_count, RankingTiles tiles, double* __restrict__ metrics) {
  unsigned long long area = 0;
  double precision = 0.0, best_f1 = 0.0;
  bool broken = false;
  for (std::int64_t tile = threadIdx.x; tile < tile_count; tile += kRankingThreads) {
    area += tiles.area[tile];
    precision += tiles.precision[tile];
    best_f1 = Largest{}(best_f1, tiles.best_f1[tile]);
    broken = broken || tiles.broken[tile] != 0;
  }
  area = block_sum(area);
  precision = block_sum(precision);
  best_f1 = block_largest(best_f1);
  const bool any_broken = __syncthreads_or(broken) != 0;
  if (threadIdx.x != 0) return;
  const double defects = static_cast<double>(*tiles.all_defects);
  const double normals = static_cast<double>(count) - defects;
  const bool defined = !any_broken && defects > 0.0 && normals > 0.0;
  metrics[0] = defined ? static_cast<double>(area) / (2.0 * normals * defects) : static_cast<double>(NAN);
  metrics[1] = defined ? precision / defects : static_cast<double>(NAN);
  metrics[2] = defined ? best_f1 : static_cast<double>(NAN);
}

}  // namespace mdd::kernels
