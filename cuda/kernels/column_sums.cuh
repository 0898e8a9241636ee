// Sums over the threads of a block that share threadIdx.x, in an order that does not depend on timing.
//
//   total[x, i] = sum_y value[x, y, i],  i < kCount
//
// Needed by every sum over positions: threads of one column hold partial sums of the same channels. A binary tree over
// y in shared memory: value i of neighbouring threads lies in neighbouring words, so no bank is asked twice.
#pragma once
#include "channel_threads.cuh"

namespace mdd::kernels {

/// Every thread of the column receives the totals; all threads of the block must take part. Requires kChannelThreads
/// threads, blockDim.y a power of two.
template <int kCount>
__device__ inline void column_sums(float (&value)[kCount]) {
  MDDNET_SHARED(float, sums, kCount* kChannelThreads);
  const int thread = static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x);
  __syncthreads();  // the array may still be read by an earlier call
  for (int i = 0; i < kCount; ++i) sums[i * kChannelThreads + thread] = value[i];
  for (int rows = static_cast<int>(blockDim.y) / 2; rows > 0; rows /= 2) {
    __syncthreads();
    if (static_cast<int>(threadIdx.y) >= rows) continue;
    const int other = thread + rows * static_cast<int>(blockDim.x);
    for (int i = 0; i < kCount; ++i) sums[i * kChannelThreads + thread] += sums[i * kChannelThreads + other];
  }
  __syncthreads();
  for (int i = 0; i < kCount; ++i) value[i] = sums[i * kChannelThreads + static_cast<int>(threadIdx.x)];
}

}  // namespace mdd::kernels
