// v1: a block a query; a warp compares it with one prototype at a time, lanes along the channels.
//
// Why: lanes side by side read whole sectors, sums over a warp need shuffles only, and there are 256 threads a query.
// Gain: less than a fifth of the loaded sectors. What remains: every query reads all prototypes, twice.
#pragma once
#include <cstdint>

#include "cuda/kernels/reduce.cuh"
#include "ops/memory_arithmetic.h"

namespace mdd::lab::memory_read_v1 {

inline constexpr int kMostPrototypes = 1024;

/// Grid: a block for every query. Requires prototypes <= kMostPrototypes.
__global__ void read(const float* z, const float* memory, int prototypes, int channels, float inverse_temperature,
                     float* attention, float* out) {
  MDDNET_SHARED(float, row, kMostPrototypes);
  const float* query = z + std::int64_t{blockIdx.x} * channels;
  const int thread = static_cast<int>(threadIdx.x), step = static_cast<int>(blockDim.x);
  const int lane = thread % kernels::kWarp;
  for (int j = thread / kernels::kWarp; j < prototypes; j += step / kernels::kWarp) {
    const float* prototype = memory + std::int64_t{j} * channels;
    float dot = 0.0f, zz = 0.0f, pp = 0.0f;
    for (int d = lane; d < channels; d += kernels::kWarp) {
      const float a = query[d], b = prototype[d];
      dot += a * b;
      zz += a * a;
      pp += b * b;
    }
    dot = kernels::warp_sum(dot);
    zz = kernels::warp_sum(zz);
    pp = kernels::warp_sum(pp);
    if (lane == 0) row[j] = dot * class_memory::inverse_norm(zz) * class_memory::inverse_norm(pp);
  }
  __syncthreads();
  float largest = -INFINITY, sum = 0.0f;
  for (int j = thread; j < prototypes; j += step) largest = row[j] > largest ? row[j] : largest;
  largest = kernels::block_max(largest);
  for (int j = thread; j < prototypes; j += step) {
    row[j] = class_memory::softmax_power(row[j], largest, inverse_temperature);
    sum += row[j];
  }
  const float inverse = 1.0f / kernels::block_sum(sum);
  for (int j = thread; j < prototypes; j += step) {
    row[j] *= inverse;
    attention[std::int64_t{blockIdx.x} * prototypes + j] = row[j];
  }
  __syncthreads();
  for (int d = thread; d < channels; d += step) {
    float value = 0.0f;
    for (int j = 0; j < prototypes; ++j) value += row[j] * memory[std::int64_t{j} * channels + d];
    out[std::int64_t{blockIdx.x} * channels + d] = value;
  }
}

}  // namespace mdd::lab::memory_read_v1
