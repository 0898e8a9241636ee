// v0, the formula as it stands (spec S4): a thread answers one query, all by itself.
//
//   a_j = softmax_j(cos(z, p_j) / tau),  read = sum_j a_j p_j,  mass_c = mean over an image's queries of its a_j
//
// Why it is slow: a thread walks its own row of z, and neighbouring lanes' rows lie D floats apart, so that of every
// sector 4 bytes are used; each prototype's norm is summed up again for every query; and there are only as many
// threads as queries.
#pragma once
#include <cstdint>

#include "cuda/kernels/simt.h"
#include "ops/memory_arithmetic.h"

namespace mdd::lab::memory_read_v0 {

/// A thread a query. attention: [positions, prototypes].
__global__ void read(const float* z, const float* memory, int positions, int prototypes, int channels,
                     float inverse_temperature, float* attention, float* out) {
  const int q = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (q >= positions) return;
  const float* query = z + std::int64_t{q} * channels;
  float* const row = attention + std::int64_t{q} * prototypes;
  float largest = -INFINITY;
  for (int j = 0; j < prototypes; ++j) {
    const float* prototype = memory + std::int64_t{j} * channels;
    float dot = 0.0f, zz = 0.0f, pp = 0.0f;
    for (int d = 0; d < channels; ++d) {
      dot += query[d] * prototype[d];
      zz += query[d] * query[d];
      pp += prototype[d] * prototype[d];
    }
    row[j] = dot * class_memory::inverse_norm(zz) * class_memory::inverse_norm(pp);
    largest = row[j] > largest ? row[j] : largest;
  }
  float sum = 0.0f;
  for (int j = 0; j < prototypes; ++j) {
    row[j] = class_memory::softmax_power(row[j], largest, inverse_temperature);
    sum += row[j];
  }
  for (int j = 0; j < prototypes; ++j) row[j] /= sum;
  for (int d = 0; d < channels; ++d) {
    float value = 0.0f;
    for (int j = 0; j < prototypes; ++j) value += row[j] * memory[std::int64_t{j} * channels + d];
    out[std::int64_t{q} * channels + d] = value;
  }
}

/// A thread an image and class.
__global__ void mass(const float* attention, int images, int positions, int classes, int slots, float* out) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= images * classes) return;
  float sum = 0.0f;
  for (int q = 0; q < positions; ++q) {
    for (int k = 0; k < slots; ++k) {
      sum += attention[(std::int64_t{i / classes} * positions + q) * classes * slots + i % classes * slots + k];
    }
  }
  out[i] = sum / static_cast<float>(positions);
}

}  // namespace mdd::lab::memory_read_v0
