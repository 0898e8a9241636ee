// Softmax cross-entropy of dense predictions: loss = mean over labelled positions of -log softmax(x_p)[label_p], and
// its gradient.
//
//   dx[p,c] = weight / labelled * (softmax(x_p)[c] - [c = label_p]),   0 where label_p < 0
//
// Layout  logits, dlogits: [positions, classes] (NHWC flattened), T = float | half | bfloat16; labels:
// int32[positions].
//         kPack elements an access; kPack > 1 requires classes % kPack == 0 and 16-byte alignment.
// Cost    X + dX, and a few bytes a position for labels and losses. Memory-bound.
// Design  The number of labelled positions scales every gradient, so a kernel of one block counts them first. Then a
//         group of lanes owns a position (lane_groups.cuh) and walks its row three times - largest, sum, gradient -
//         of which the cache serves the second and third; so any number of classes works without a register array.
//         Each row leaves its loss in memory, and one block adds them up in f64: no order depends on timing.
// Labels are known on the device only: one that names no class makes the loss NaN, which the optimiser answers by
// skipping the step, and has no gradient.
#pragma once
#include "floats.cuh"
#include "lane_groups.cuh"
#include "ops/cross_entropy_arithmetic.h"

namespace mdd::kernels {

/// Grid: one block.
__global__ void count_labelled(const std::int32_t* __restrict__ labels, std::int64_t positions,
                               double* __restrict__ labelled) {
  double count = 0.0;
  for (std::int64_t p = threadIdx.x; p < positions; p += blockDim.x) count += labels[p] >= 0 ? 1.0 : 0.0;
  count = block_sum(count);
  if (threadIdx.x == 0) *labelled = count;
}

/// row_loss[p] is 0 at ignored positions; dlogits may be null.
template <class T, int kPack>
__global__ void softmax_cross_entropy(const T* __restrict__ logits, const std::int32_t* __restrict__ labels,
                                      const double* __restrict__ labelled, std::int64_t positions, int classes,
                                      int lanes, float weight, float* __restrict__ row_loss, T* __restrict__ dlogits) {
  const float scale = static_cast<float>(static_cast<double>(weight) / (*labelled > 0.0 ? *labelled : 1.0));
  for_each_row(positions, classes, lanes, [&](std::int64_t p, int lane, int width) {
    const T* const row = logits + p * classes;
    const std::int32_t label = width > 0 ? labels[p] : -1;
    const bool known = label >= 0 && label < classes;
    const int read = known ? width : 0;
    float value[kPack];
    float largest = -INFINITY;
    for (int c = lane * kPack; c < read; c += lanes * kPack) {
      load_floats(value, row + c);
      for (int i = 0; i < kPack; ++i) largest = largest < value[i] ? value[i] : largest;
    }
    largest = group_max(largest, lanes);
    float sum = 0.0f;
    for (int c = lane * kPack; c < read; c += lanes * kPack) {
      load_floats(value, row + c);
      for (int i = 0; i < kPack; ++i) sum += cross_entropy::power(value[i], largest);
    }
    sum = group_sum(sum, lanes);
    if (lane == 0 && width > 0) {
      const float unknown = label < 0 ? 0.0f : NAN;
      row_loss[p] = known ? cross_entropy::row_loss(sum, largest, to_float(row[label])) : unknown;
    }
    if (dlogits == nullptr) return;
    const float inverse = 1.0f / sum;
    for (int c = lane * kPack; c < width; c += lanes * kPack) {
      float gradient[kPack] = {};
      if (known) {
        load_floats(value, row + c);
        for (int i = 0; i < kPack; ++i) {
          const float softmax = cross_entropy::power(value[i], largest) * inverse;
          gradient[i] = cross_entropy::gradient(softmax, c + i == label, scale);
        }
      }
      store_floats(dlogits + p * classes + c, gradient);
    }
  });
}

/// loss (+)= sum of the rows' losses / labelled. Grid: one block.
__global__ void mean_row_loss(const float* __restrict__ row_loss, std::int64_t positions,
                              const double* __restrict__ labelled, float* __restrict__ loss, bool accumulate) {
  double total = 0.0;
  for (std::int64_t p = threadIdx.x; p < positions; p += blockDim.x) total += static_cast<double>(row_loss[p]);
  total = block_sum(total);
  if (threadIdx.x == 0) {
    const double mean = *labelled > 0.0 ? total / *labelled : 0.0;
    *loss = (accumulate ? *loss : 0.0f) + static_cast<float>(mean);
  }
}

}  // namespace mdd::kernels
