// How many scores fall into each bin, by label.
//
//   counts[label != 0, bin(score)] += 1 for every score that is no NaN        (bin: ops/map_arithmetic.h)
//
// Layout  scores: f32 [n]; labels: u8 [n]; counts: u64 [2, bins].
// Cost    bytes = scores + labels: memory-bound while the bins that are hit are many; scores of one bin queue up.
// Design  Each block counts into shared memory and adds what it found to global memory in the end: additions of whole
//         numbers, so that the order in which atomics arrive is of no consequence. Bins that do not fit shared memory
//         are counted in global memory at once.
#pragma once
#include "ops/map_arithmetic.h"
#include "pack.cuh"

namespace mdd::kernels {

/// Calls add(index into counts) for every score that counts.
template <int kPack, class Add>
__device__ inline void for_each_bin(const float* __restrict__ scores, const std::uint8_t* __restrict__ labels,
                                    float low, float high, std::int64_t bins, std::int64_t count, const Add& add) {
  const std::int64_t stride = std::int64_t{gridDim.x} * blockDim.x * kPack;
  for (std::int64_t i = (std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x) * kPack; i < count; i += stride) {
    const Pack<float, kPack> score = load_pack<kPack>(scores + i);
    const Pack<std::uint8_t, kPack> label = load_pack<kPack>(labels + i);
    for (int j = 0; j < kPack; ++j) {
      if (score[j] != score[j]) continue;
      add((label[j] != 0 ? bins : 0) + histogram_bin(score[j], low, high, bins));
    }
  }
}

/// Dynamic shared memory: 2 * bins counters of 4 bytes. Fewer than 2^32 scores a block.
template <int kPack>
__global__ void score_histogram_shared(const float* __restrict__ scores, const std::uint8_t* __restrict__ labels,
                                       float low, float high, int bins, std::int64_t count,
                                       unsigned long long* __restrict__ counts) {
  MDDNET_DYNAMIC_SHARED(unsigned, of_block);
  for (int i = static_cast<int>(threadIdx.x); i < 2 * bins; i += static_cast<int>(blockDim.x)) of_block[i] = 0;
  __syncthreads();
  for_each_bin<kPack>(scores, labels, low, high, bins, count, [&](std::int64_t at) { atomicAdd(&of_block[at], 1u); });
  __syncthreads();
  for (int i = static_cast<int>(threadIdx.x); i < 2 * bins; i += static_cast<int>(blockDim.x)) {
    if (of_block[i] != 0) atomicAdd(&counts[i], static_cast<unsigned long long>(of_block[i]));
  }
}

template <int kPack>
__global__ void score_histogram_global(const float* __restrict__ scores, const std::uint8_t* __restrict__ labels,
                                       float low, float high, std::int64_t bins, std::int64_t count,
                                       unsigned long long* __restrict__ counts) {
  for_each_bin<kPack>(scores, labels, low, high, bins, count, [&](std::int64_t at) { atomicAdd(&counts[at], 1ull); });
}

}  // namespace mdd::kernels
