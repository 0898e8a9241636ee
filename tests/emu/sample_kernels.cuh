// Small kernels for the tests of the emulator itself: one for every thing that device code can ask for.
#pragma once
#include <stdexcept>

#include "cuda/kernels/simt.h"

namespace emu::sample {

inline constexpr unsigned kAll = 0xffffffffu;

/// Sixteen bytes, the most that a shuffle moves.
struct Pair {
  double first, second;
};

/// y[i] = a x[i]; no thread waits.
template <class T>
__global__ void scale(T* y, const T* x, float a, int count) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < count) y[i] = static_cast<T>(a * static_cast<float>(x[i]));
}

/// Adds one block's values in a tree: a barrier a step.
__global__ inline void __launch_bounds__(1024) block_sum(float* sums, const float* x) {
  MDDNET_SHARED(float, value, 1024);
  const unsigned me = threadIdx.x;
  value[me] = x[blockIdx.x * blockDim.x + me];
  for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
    __syncthreads();
    if (me < half) value[me] += value[me + half];
  }
  if (me == 0) sums[blockIdx.x] = value[0];
}

/// Reverses the block's values through dynamic shared memory.
__global__ inline void reverse(int* x) {
  MDDNET_DYNAMIC_SHARED(int, value);
  value[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  x[threadIdx.x] = value[blockDim.x - 1 - threadIdx.x];
}

/// All shuffles of one warp: row k of the result is the k-th shuffle of the lane numbers.
__global__ inline void shuffles(int* result) {
  const int lane = static_cast<int>(threadIdx.x), count = static_cast<int>(blockDim.x);
  result[0 * count + lane] = __shfl_sync(kAll, lane, 5);
  result[1 * count + lane] = __shfl_sync(kAll, lane, 3, 8);
  result[2 * count + lane] = __shfl_up_sync(kAll, lane, 2u, 8);
  result[3 * count + lane] = __shfl_down_sync(kAll, lane, 2u, 8);
  result[4 * count + lane] = __shfl_xor_sync(kAll, lane, 1);
  const Pair wide = __shfl_xor_sync(kAll, Pair{static_cast<double>(lane), -1.0 * lane}, 2);
  result[5 * count + lane] = static_cast<int>(wide.first - wide.second);
}

__global__ inline void votes(unsigned* result) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const unsigned odd = __ballot_sync(kAll, lane % 2);
  const bool any = __any_sync(kAll, lane == 7), all = __all_sync(kAll, lane < 31);
  const int large = __syncthreads_count(threadIdx.x >= 40);
  const bool one = __syncthreads_or(threadIdx.x == 63), every = __syncthreads_and(threadIdx.x < 63);
  if (threadIdx.x == 0) {
    result[0] = odd;
    result[1] = any;
    result[2] = all;
    result[3] = static_cast<unsigned>(large);
    result[4] = one;
    result[5] = every;
  }
}

/// Halves of a warp that shuffle different numbers of times before they meet.
__global__ inline void half_warps(int* result) {
  const int lane = static_cast<int>(threadIdx.x);
  int value = lane;
  if (lane < 16) {
    for (int i = 0; i < 3; ++i) value += __shfl_xor_sync(0x0000ffffu, value, 1);
  } else {
    value += __shfl_xor_sync(0xffff0000u, value, 1);
  }
  result[lane] = value + __shfl_sync(kAll, value, 31);
}

__global__ inline void atomics(int* sum, unsigned* most, unsigned* least, unsigned long long* set, float* total,
                               int* order) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  atomicAdd(sum, 1);
  atomicMax(most, i);
  atomicMin(least, i + 3);
  atomicOr(set, 1ULL << i % 64);
  atomicAdd(total, 0.5f);
  order[i] = atomicAdd(sum + 1, 1);
}

/// Where each thread has been: writes 1 + its place in the grid.
__global__ inline void places(int* at, int width, int height) {
  const unsigned x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  const unsigned z = blockIdx.z * blockDim.z + threadIdx.z;
  const auto i = static_cast<int>(x) + width * (static_cast<int>(y) + height * static_cast<int>(z));
  at[i] = 1 + i;
}

/// What shared memory holds at the start of a block.
__global__ inline void untouched(float* result) {
  MDDNET_SHARED(float, value, 4);
  MDDNET_DYNAMIC_SHARED(float, asked);
  result[2 * blockIdx.x] = value[3];
  result[2 * blockIdx.x + 1] = asked[0];
  value[3] = asked[0] = 0.0f;
}

// ---- Mistakes
// --------------------------------------------------------------------------------------------------------

__global__ inline void divergent_barrier() {
  if (threadIdx.x < 32) {
    __syncthreads();
  } else {
    __syncthreads();
  }
}

__global__ inline void early_exit() {
  if (threadIdx.x >= 50) return;
  __syncthreads();
}

__global__ inline void lane_left_out(int* x) {
  if (threadIdx.x != 9) x[threadIdx.x] = __shfl_xor_sync(kAll, x[threadIdx.x], 1);
}

__global__ inline void lane_at_barrier(int* x) {
  if (threadIdx.x == 9) __syncthreads();
  x[threadIdx.x] = __shfl_xor_sync(kAll, x[threadIdx.x], 1);
}

__global__ inline void not_in_own_mask(int* x) { x[threadIdx.x] = __shfl_xor_sync(0x0000ffffu, x[threadIdx.x], 1); }

__global__ inline void two_operations(int* x) {
  if (threadIdx.x % 2 == 0) {
    x[threadIdx.x] = __shfl_xor_sync(kAll, x[threadIdx.x], 1);
  } else {
    x[threadIdx.x] = static_cast<int>(__ballot_sync(kAll, 1));
  }
}

__global__ inline void throws(int at) {
  if (static_cast<int>(threadIdx.x) == at) throw std::out_of_range("thrown by device code");
  __syncthreads();
}

__global__ inline void large_array(int* x) {
  MDDNET_SHARED(int, value, 10000);
  value[threadIdx.x] = 1;
  *x = value[threadIdx.x];
}

}  // namespace emu::sample
