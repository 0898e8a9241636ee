// A map's score: its largest value, or the exact mean of its k largest ones. Two kernels, one block a map.
//
//   score[n] = max_i map[n,i]      or      (sum of values above v + (k - how many those are) v) / k, v = k-th largest
//
// Layout  maps: f32 [N, pixels]; scores: f32 [N].
// Cost    bytes = maps, five times for the mean, of which four come from cache.
// Design  v is found by radix selection: floats as unsigned keys of the same order, four passes that each count the
//         next 8 bits among the values that agree so far with v. Counts are whole numbers, so that atomics in
//         shared memory are as good as any order. Most values of a map share their upper bits: a warp counts those
//         of its first lane at once. The sum is f64 in a fixed order. A NaN anywhere makes the score NaN.
#pragma once
#include "reduce.cuh"

namespace mdd::kernels {

inline constexpr int kScoreThreads = 512;

__global__ void __launch_bounds__(kScoreThreads)
    largest_values(const float* __restrict__ maps, float* __restrict__ scores, std::int64_t pixels) {
  const float* map = maps + std::int64_t{blockIdx.x} * pixels;
  float best = -INFINITY;
  for (std::int64_t i = threadIdx.x; i < pixels; i += kScoreThreads) {
    const float value = map[i];
    best = value > best || value != value ? value : best;  // a NaN stays: nothing is above it
  }
  best = block_max(best);
  if (threadIdx.x == 0) scores[blockIdx.x] = best;
}

/// Unsigned integers that order like the floats.
__device__ inline unsigned ordered_key(float value) {
  const unsigned bits = __float_as_uint(value);
  return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
}

__device__ inline float value_of_key(unsigned key) {
  return __uint_as_float((key & 0x80000000u) != 0 ? key & 0x7fffffffu : ~key);
}

inline constexpr unsigned kDigits = 256;

/// Counts one digit a lane; lanes without one bring kDigits. Requires a full warp.
__device__ inline void count_digits(unsigned* counts, unsigned digit) {
  const unsigned common = __shfl_sync(kAllLanes, digit, 0);
  const unsigned agree = __ballot_sync(kAllLanes, digit == common);
  if (threadIdx.x % kWarp == 0 && common < kDigits) atomicAdd(&counts[common], static_cast<unsigned>(__popc(agree)));
  if (digit != common && digit < kDigits) atomicAdd(&counts[digit], 1u);
}

/// Where the search for the k-th largest key stands: its bits above `shift`, and how many of those that agree with them
/// are still to be passed.
struct Selection {
  unsigned prefix, remaining;
};

/// The digit that the k-th largest key has at `shift`. Requires the counts of that digit; threads 0 .. 31 call.
__device__ inline Selection choose_digit(const unsigned* counts, Selection so_far, int shift) {
  const int lane = static_cast<int>(threadIdx.x);
  // Lane l looks at digits 255 - 8 l downwards, so that an exclusive sum over lanes counts the larger digits.
  unsigned mine = 0;
  for (int j = 0; j < 8; ++j) mine += counts[255 - 8 * lane - j];
  unsigned larger = mine;
  for (unsigned distance = 1; distance < 32; distance *= 2) {
    const unsigned other = __shfl_up_sync(kAllLanes, larger, distance);
    if (lane >= static_cast<int>(distance)) larger += other;
  }
  larger -= mine;
  // Exactly one lane has the digit: the count reaches `remaining` inside its eight.
  unsigned digit = kDigits, passed = 0;
  for (int j = 0; j < 8; ++j) {
    const unsigned count = counts[255 - 8 * lane - j];
    if (larger < so_far.remaining && larger + count >= so_far.remaining) {
      digit = static_cast<unsigned>(255 - 8 * lane - j);
      passed = larger;
    }
    larger += count;
  }
  const int owner = __ffs(static_cast<int>(__ballot_sync(kAllLanes, digit < kDigits))) - 1;
  digit = __shfl_sync(kAllLanes, digit, owner);
  passed = __shfl_sync(kAllLanes, passed, owner);
  return {so_far.prefix | digit << shift, so_far.remaining - passed};
}

/// Requires 1 <= top <= pixels < 2^32.
__global__ void __launch_bounds__(kScoreThreads)
    mean_of_largest(const float* __restrict__ maps, float* __restrict__ scores, std::int64_t pixels, unsigned top) {
  MDDNET_SHARED(unsigned, counts, kDigits);
  MDDNET_SHARED(Selection, shared_selection, 1);
  const float* map = maps + std::int64_t{blockIdx.x} * pixels;
  const std::int64_t thread = threadIdx.x;
  Selection selection{0, top};
  bool broken = false;
  for (int shift = 24; shift >= 0; shift -= 8) {
    if (threadIdx.x < kDigits) counts[threadIdx.x] = 0;
    __syncthreads();
    for (std::int64_t first = 0; first < pixels; first += kScoreThreads) {  // whole warps
      unsigned digit = kDigits;
      if (first + thread < pixels) {
        const float value = map[first + thread];
        broken = broken || value != value;
        const unsigned key = ordered_key(value);
        const bool agrees = shift == 24 || (key ^ selection.prefix) >> (shift + 8) == 0;
        if (agrees) digit = key >> shift & (kDigits - 1);
      }
      count_digits(counts, digit);
    }
    __syncthreads();
    if (threadIdx.x < kWarp) {
      const Selection chosen = choose_digit(counts, selection, shift);
      if (threadIdx.x == 0) shared_selection[0] = chosen;
    }
    __syncthreads();
    selection = shared_selection[0];
  }
  // `remaining` of the top values equal the k-th largest; the others lie above it.
  double sum = 0.0;
  for (std::int64_t i = thread; i < pixels; i += kScoreThreads) {
    const float value = map[i];
    if (ordered_key(value) > selection.prefix) sum += static_cast<double>(value);
  }
  sum = block_sum(sum);
  const bool any_broken = __syncthreads_or(broken) != 0;
  if (threadIdx.x != 0) return;
  sum += static_cast<double>(selection.remaining) * static_cast<double>(value_of_key(selection.prefix));
  scores[blockIdx.x] = any_broken ? NAN : static_cast<float>(sum / static_cast<double>(top));
}

}  // namespace mdd::kernels
