// Area under the ROC curve, average precision, largest F1 and area under the per-region-overlap curve (AUPRO) of scores
// that are sorted already, highest first.
//
// A threshold stands behind each group of equal scores. With the numbers up to there, t of defects, f of normals and o
// of components (each defect adds 1 / area of its own), those up to the group before, t', f' and o', T defects and F
// normals in all:
//   AUROC = sum (f - f') (t + t') / (2 T F),   AP = sum (t - t') t / (t + f) / T,   F1 = max 2 t / (T + t + f),
//   AUPRO = sum (f - f') (o + o') / (2 l F O) for O components, as far as f <= l F; the line is cut there
//
// Layout  scores: f32 [n], falling; areas: i32 [n], 0 = normal; metrics: f64 [4]; n < 2^31.
// Cost    bytes = 2 (scores + areas): little beside the sort.
// Design  Scores are cut into tiles of 4096. Three kernels, as in any scan: each tile counts what it holds and notes
//         its last group's end; one block adds the tiles up; each tile then knows what is above it and the end before
//         its own, and adds its groups' terms. A group may span many tiles, so "the end before" travels as a scan of
//         its own: of several ends the last is the one with most scores above. A fourth kernel adds the tiles' terms.
//         Counts are whole numbers and so are shares of components, in 128 bits (overlap_arithmetic.h): all exact. f64
//         sums have a fixed order. -0 equals +0.
#pragma once
#include "core/overlap_arithmetic.h"
#include "reduce.cuh"

namespace mdd::kernels {

inline constexpr int kRankingThreads = 256;
inline constexpr int kRankingRun = 16;  ///< scores a thread
inline constexpr int kRankingTile = kRankingThreads * kRankingRun;

/// What a stretch of the scores holds, or everything down to a threshold.
struct Reached {
  unsigned scores, defects;
  Overlap overlap;  ///< of the defects
};
__device__ inline Reached operator+(const Reached& a, const Reached& b) {
  return {a.scores + b.scores, a.defects + b.defects, a.overlap + b.overlap};
}
/// The end of a group that was counted from a place where `before` were above; no scores = no end.
__device__ inline Reached end_from(const Reached& before, const Reached& end) {
  return end.scores == 0 ? end : before + end;
}

/// What the tiles leave behind for one another, one element a tile.
struct RankingTiles {
  Reached* content;          ///< of the tile; after the scan of all tiles before it
  Reached* last_end;         ///< counted from the tile's beginning; after the scan: the last end before the tile
  unsigned long long* area;  ///< 2 for each normal below a defect, 1 for each tie
  double* precision;         ///< sum of (t - t') t / (t + f)
  double* best_f1;
  double* overlap;  ///< area under the overlap curve, in normals times components
  Reached* all;     ///< one element
};

__device__ inline Reached shuffle_up(const Reached& v, unsigned distance) {
  const unsigned long long high = __shfl_up_sync(kAllLanes, static_cast<unsigned long long>(v.overlap >> 64), distance);
  const unsigned long long low = __shfl_up_sync(kAllLanes, static_cast<unsigned long long>(v.overlap), distance);
  return {__shfl_up_sync(kAllLanes, v.scores, distance), __shfl_up_sync(kAllLanes, v.defects, distance),
          Overlap{high} << 64 | low};
}

/// Combines what the threads before this one have, 0 in the first; every thread of the block calls.
template <class Combine>
__device__ inline Reached exclusive_scan(const Reached& v, const Combine& combine) {
  MDDNET_SHARED(Reached, of_warp, kRankingThreads / kWarp);
  const int lane = static_cast<int>(threadIdx.x) % kWarp, warp = static_cast<int>(threadIdx.x) / kWarp;
  Reached inclusive = v;
  for (int distance = 1; distance < kWarp; distance *= 2) {
    const Reached other = shuffle_up(inclusive, static_cast<unsigned>(distance));
    if (lane >= distance) inclusive = combine(other, inclusive);
  }
  __syncthreads();  // the array may still be read by an earlier call
  if (lane == kWarp - 1) of_warp[warp] = inclusive;
  __syncthreads();
  Reached before{};
  for (int w = 0; w < warp; ++w) before = combine(before, of_warp[w]);
  const Reached neighbour = shuffle_up(inclusive, 1u);
  return lane == 0 ? before : combine(before, neighbour);
}

struct Sum {
  __device__ Reached operator()(const Reached& a, const Reached& b) const { return a + b; }
};
struct Later {
  __device__ Reached operator()(const Reached& a, const Reached& b) const { return b.scores > a.scores ? b : a; }
};

/// body(area, ends its group) for this thread's run of scores, in order.
template <class Body>
__device__ inline void for_each_ranked(const float* __restrict__ scores, const std::int32_t* __restrict__ areas,
                                       std::int64_t count, const Body& body) {
  const std::int64_t first = std::int64_t{blockIdx.x} * kRankingTile + threadIdx.x * kRankingRun;
  const std::int64_t last = first + kRankingRun < count ? first + kRankingRun : count;
  if (first >= last) return;
  float score = scores[first];
  for (std::int64_t i = first; i < last; ++i) {
    const float next = i + 1 < count ? scores[i + 1] : score;
    body(areas[i], i + 1 == count || next != score);
    score = next;
  }
}

__device__ inline void count_score(Reached& reached, std::int32_t area) {
  ++reached.scores;
  if (area == 0) return;
  ++reached.defects;
  reached.overlap += share_of(static_cast<std::uint32_t>(area));
}

/// What a thread's run of scores holds, and up to its last end.
struct RankedRun {
  Reached content, last_end;
};
__device__ inline RankedRun count_run(const float* __restrict__ scores, const std::int32_t* __restrict__ areas,
                                      std::int64_t count) {
  RankedRun run{};
  for_each_ranked(scores, areas, count, [&](std::int32_t area, bool ends) {
    count_score(run.content, area);
    if (ends) run.last_end = run.content;
  });
  return run;
}

__global__ void __launch_bounds__(kRankingThreads, 4)
    count_ranking_tiles(const float* __restrict__ scores, const std::int32_t* __restrict__ areas, std::int64_t count,
                        RankingTiles tiles) {
  const RankedRun run = count_run(scores, areas, count);
  const Reached before = exclusive_scan(run.content, Sum{});
  const Reached last_end = end_from(before, run.last_end);
  const Reached last_before = exclusive_scan(last_end, Later{});
  if (threadIdx.x != kRankingThreads - 1) return;
  tiles.content[blockIdx.x] = before + run.content;
  tiles.last_end[blockIdx.x] = Later{}(last_before, last_end);
}

/// One block. Each thread adds up a run of tiles.
__global__ void __launch_bounds__(kRankingThreads) scan_ranking_tiles(std::int64_t tile_count, RankingTiles tiles) {
  const std::int64_t run = (tile_count + kRankingThreads - 1) / kRankingThreads;
  const std::int64_t begin = threadIdx.x * run;
  const std::int64_t end = begin + run < tile_count ? begin + run : tile_count;
  Reached content{};
  for (std::int64_t tile = begin; tile < end; ++tile) content = content + tiles.content[tile];
  const Reached before = exclusive_scan(content, Sum{});
  if (threadIdx.x == kRankingThreads - 1) *tiles.all = before + content;
  // The same run again: ends counted from the very beginning.
  Reached above = before, last{};
  for (std::int64_t tile = begin; tile < end; ++tile) {
    last = Later{}(last, end_from(above, tiles.last_end[tile]));
    above = above + tiles.content[tile];
  }
  last = exclusive_scan(last, Later{});
  above = before;
  for (std::int64_t tile = begin; tile < end; ++tile) {
    const Reached of_tile = tiles.content[tile], end_of_tile = end_from(above, tiles.last_end[tile]);
    tiles.last_end[tile] = last;
    tiles.content[tile] = above;
    last = Later{}(last, end_of_tile);
    above = above + of_tile;
  }
}

/// Sums over the groups of a thread, a tile or all.
struct RankingTerms {
  unsigned long long area;
  double precision, best_f1, overlap;
};

/// Adds the term of a group that ends at `end`. `limit`: of the overlap curve, in normals.
__device__ inline void add_group(RankingTerms& terms, const Reached& previous, const Reached& end, double all_defects,
                                 double limit) {
  const unsigned found = end.defects - previous.defects;
  const unsigned alarms = end.scores - previous.scores - found;
  const auto hits = static_cast<double>(end.defects), reported = static_cast<double>(end.scores);
  terms.area += static_cast<unsigned long long>(alarms) * (std::uint64_t{end.defects} + previous.defects);
  terms.precision += static_cast<double>(found) * (hits / reported);
  const double f1 = 2.0 * hits / (all_defects + reported);
  if (f1 > terms.best_f1) terms.best_f1 = f1;
  if (alarms == 0) return;
  terms.overlap += area_below(limit, static_cast<double>(previous.scores - previous.defects),
                              static_cast<double>(alarms), to_components(previous.overlap), to_components(end.overlap));
}

/// Largest value over the block, in every thread.
__device__ inline double block_largest(double v) {
  const auto of_warp = [](double w) {
    for (int distance = kWarp / 2; distance > 0; distance /= 2) {
      const double other = __shfl_xor_sync(kAllLanes, w, distance);
      if (w < other) w = other;
    }
    return w;
  };
  return detail::across_warps(of_warp(v), 0.0, of_warp);
}

__device__ inline RankingTerms block_total(const RankingTerms& terms) {
  return {block_sum(terms.area), block_sum(terms.precision), block_largest(terms.best_f1), block_sum(terms.overlap)};
}

/// `limit`: of the overlap curve, as a false-positive rate.
__global__ void __launch_bounds__(kRankingThreads)
    rank_tiles(const float* __restrict__ scores, const std::int32_t* __restrict__ areas, std::int64_t count,
               double limit, RankingTiles tiles) {
  const auto all_defects = static_cast<double>(tiles.all->defects);
  const double limit_in_normals = limit * static_cast<double>(tiles.all->scores - tiles.all->defects);
  const RankedRun run = count_run(scores, areas, count);
  Reached reached = tiles.content[blockIdx.x] + exclusive_scan(run.content, Sum{});
  Reached previous = Later{}(tiles.last_end[blockIdx.x], exclusive_scan(end_from(reached, run.last_end), Later{}));
  RankingTerms terms{};
  for_each_ranked(scores, areas, count, [&](std::int32_t area, bool ends) {
    count_score(reached, area);
    if (!ends) return;
    add_group(terms, previous, reached, all_defects, limit_in_normals);
    previous = reached;
  });
  terms = block_total(terms);
  if (threadIdx.x != 0) return;
  tiles.area[blockIdx.x] = terms.area;
  tiles.precision[blockIdx.x] = terms.precision;
  tiles.best_f1[blockIdx.x] = terms.best_f1;
  tiles.overlap[blockIdx.x] = terms.overlap;
}

/// One block.
__global__ void __launch_bounds__(kRankingThreads)
    finish_ranking(const float* __restrict__ scores, std::int64_t count, std::int64_t tile_count,
                   std::int64_t components, double limit, RankingTiles tiles, double* __restrict__ metrics) {
  RankingTerms terms{};
  for (std::int64_t tile = threadIdx.x; tile < tile_count; tile += kRankingThreads) {
    terms.area += tiles.area[tile];
    terms.precision += tiles.precision[tile];
    if (tiles.best_f1[tile] > terms.best_f1) terms.best_f1 = tiles.best_f1[tile];
    terms.overlap += tiles.overlap[tile];
  }
  terms = block_total(terms);
  if (threadIdx.x != 0) return;
  const auto defects = static_cast<double>(tiles.all->defects);
  const auto normals = static_cast<double>(tiles.all->scores - tiles.all->defects);
  // Sorting has put a NaN at one of the ends.
  const bool defined =
      defects > 0.0 && normals > 0.0 && scores[0] == scores[0] && scores[count - 1] == scores[count - 1];
  constexpr double kUndefined = NAN;
  metrics[0] = defined ? static_cast<double>(terms.area) / (2.0 * normals * defects) : kUndefined;
  metrics[1] = defined ? terms.precision / defects : kUndefined;
  metrics[2] = defined ? terms.best_f1 : kUndefined;
  metrics[3] =
      defined && components > 0 ? terms.overlap / (limit * normals * static_cast<double>(components)) : kUndefined;
}

}  // namespace mdd::kernels
