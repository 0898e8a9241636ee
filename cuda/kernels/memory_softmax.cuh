// From cosines to attention over all prototypes, row by row, and back.
//
//   softmax_j = exp((cos_j - max) / temperature) / sum,   attention = softmax, or with shrinkage l > 0:
//   u_j = relu(s_j - l) s_j / (|s_j - l| + 1e-12),  attention_j = u_j / max(sum u, 1e-12)
//
// Layout  all matrices: float [positions, prototypes]; dmass: float [images, classes]. Any number of prototypes.
// Cost    a read and a write of the row for each pass; from the second pass on it comes out of the cache.
// Design  A block owns a row, a thread every blockDim-th element of it in every pass. So a thread rereads only what it
//         wrote itself, and the block meets at the reductions alone. Rows of 50 to 750 prototypes leave no reason to
//         keep them in shared memory, which would limit their number.
#pragma once
#include <cstdint>

#include "ops/memory_arithmetic.h"
#include "reduce.cuh"

namespace mdd::kernels {

/// In place, cosines -> softmax; attention too, unless it is the same tensor. Grid: a block for every position.
__global__ void memory_softmax(float* softmax, float* attention, int prototypes, float inverse_temperature,
                               float shrinkage) {
  const std::int64_t at = static_cast<std::int64_t>(blockIdx.x) * prototypes;
  float* const row = softmax + at;
  const int first = static_cast<int>(threadIdx.x), step = static_cast<int>(blockDim.x);
  float largest = -INFINITY;
  for (int j = first; j < prototypes; j += step) largest = row[j] > largest || row[j] != row[j] ? row[j] : largest;
  largest = block_max(largest);
  float sum = 0.0f;
  for (int j = first; j < prototypes; j += step) {
    row[j] = class_memory::softmax_power(row[j], largest, inverse_temperature);
    sum += row[j];
  }
  const float inverse = 1.0f / block_sum(sum);
  const bool shrinks = shrinkage > 0.0f;
  float* const attended = attention + at;
  float kept = 0.0f;
  for (int j = first; j < prototypes; j += step) {
    const float probability = row[j] * inverse;
    row[j] = probability;
    if (shrinks) kept += class_memory::shrunk(probability, shrinkage);
    if (!shrinks && attended != row) attended[j] = probability;
  }
  if (!shrinks) return;
  const float share = class_memory::shrunk_share(block_sum(kept));
  for (int j = first; j < prototypes; j += step) attended[j] = class_memory::shrunk(row[j], shrinkage) * share;
}

/// What flows into the attention: `gradient` holds the part through the read (if `from_read`), dmass (if not null) adds
/// 1 / positions_per_image of its class's value to each slot.
struct AttentionUpstream {
  const float* dmass;
  int positions_per_image, classes, slots;
  bool from_read;
};

/// In place, gradient with respect to attention -> with respect to the cosines. Grid: a block for every position.
__global__ void memory_softmax_gradient(float* gradient, const float* softmax, const float* attention,
                                        AttentionUpstream upstream, int prototypes, float inverse_temperature,
                                        float shrinkage) {
  const std::int64_t at = static_cast<std::int64_t>(blockIdx.x) * prototypes;
  float* const row = gradient + at;
  const float* const probability = softmax + at;
  const int first = static_cast<int>(threadIdx.x), step = static_cast<int>(blockDim.x);
  const std::int64_t image = blockIdx.x / static_cast<unsigned>(upstream.positions_per_image);
  const float share = 1.0f / static_cast<float>(upstream.positions_per_image);
  float dot = 0.0f, kept = 0.0f;  // without shrinkage attention is the softmax
  for (int j = first; j < prototypes; j += step) {
    float value = upstream.from_read ? row[j] : 0.0f;
    if (upstream.dmass != nullptr) value += upstream.dmass[image * upstream.classes + j / upstream.slots] * share;
    row[j] = value;
    dot += attention[at + j] * value;
    kept += class_memory::shrunk(probability[j], shrinkage);
  }
  dot = block_sum(dot);
  if (shrinkage > 0.0f) {
    kept = block_sum(kept);
    float mean = 0.0f;
    for (int j = first; j < prototypes; j += step) {
      row[j] = class_memory::shrunk_backward(probability[j], shrinkage, row[j], kept, dot);
      mean += probability[j] * row[j];
    }
    dot = block_sum(mean);
  }
  for (int j = first; j < prototypes; j += step) {
    row[j] = class_memory::softmax_backward(probability[j], row[j], dot, inverse_temperature);
  }
}

}  // namespace mdd::kernels
