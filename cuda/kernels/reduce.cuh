// Sums over a warp and a block, in an order that does not depend on timing: the same input gives the same bits.
//
// A warp adds by butterflies of shuffles (5 steps, no shared memory); a block adds its warps' sums in shared memory,
// which the first warp adds once more. Two barriers a call; every thread must take part and receives the total.
#pragma once
#include "simt.h"

namespace mdd::kernels {

inline constexpr int kWarp = 32;
inline constexpr unsigned kAllLanes = 0xffffffffu;

/// Sum over the 32 lanes of a full warp; every lane receives it.
template <class T>
__device__ inline T warp_sum(T v) {
  for (int distance = kWarp / 2; distance > 0; distance /= 2) v += __shfl_xor_sync(kAllLanes, v, distance);
  return v;
}

/// Largest value over a full warp; a NaN in any lane gives NaN.
__device__ inline float warp_max(float v) {
  for (int distance = kWarp / 2; distance > 0; distance /= 2) {
    const float other = __shfl_xor_sync(kAllLanes, v, distance);
    v = other > v || other != other ? other : v;
  }
  return v;
}

namespace detail {
/// Combines per-warp values through shared memory. Requires a one-dimensional block of a multiple of 32 threads.
template <class T, class Combine>
__device__ inline T across_warps(T v, T neutral, Combine combine) {
  MDDNET_SHARED(T, of_warp, kWarp);
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
  __syncthreads();  // the array may still be read by an earlier call
  if (lane == 0) of_warp[warp] = v;
  __syncthreads();
  return combine(lane < static_cast<int>(blockDim.x) / kWarp ? of_warp[lane] : neutral);
}
}  // namespace detail

/// Sum over the block; every thread receives it. Requires a one-dimensional block of a multiple of 32 threads.
template <class T>
__device__ inline T block_sum(T v) {
  return detail::across_warps(warp_sum(v), T(0), [](T w) { return warp_sum(w); });
}

/// Largest value over the block; a NaN anywhere gives NaN.
__device__ inline float block_max(float v) {
  return detail::across_warps(warp_max(v), -INFINITY, [](float w) { return warp_max(w); });
}

}  // namespace mdd::kernels
