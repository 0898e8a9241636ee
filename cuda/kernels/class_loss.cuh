// Class loss of the memory: loss = -mean_n log(mass[n, label[n]] + 1e-8), and its gradient.
//
// Layout  mass, dmass: float [images, classes]; labels: int32 [images].
// Cost    a few hundred bytes; the launch is all there is to pay.
// Labels are known on the device only: one that names no class makes the loss NaN, which the optimiser answers by
// skipping the step, and has no gradient.
#pragma once
#include <cstdint>

#include "ops/memory_arithmetic.h"
#include "reduce.cuh"

namespace mdd::kernels {

/// Grid: one block.
__global__ void class_loss(const float* __restrict__ mass, const std::int32_t* __restrict__ labels, std::int64_t images,
                           std::int64_t classes, float* __restrict__ loss) {
  double total = 0.0;
  for (std::int64_t n = threadIdx.x; n < images; n += blockDim.x) {
    const std::int32_t label = labels[n];
    const bool known = label >= 0 && label < classes;
    total += class_memory::class_loss(known ? mass[n * classes + label] : NAN);
  }
  total = block_sum(total);
  if (threadIdx.x == 0) *loss = static_cast<float>(total / static_cast<double>(images));
}

/// Grid: a thread for every element of dmass, in strides.
__global__ void class_loss_gradient(const float* __restrict__ mass, const std::int32_t* __restrict__ labels,
                                    std::int64_t images, std::int64_t classes, float weight,
                                    float* __restrict__ dmass) {
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  for (std::int64_t i = first; i < images * classes; i += step) {
    const bool own = labels[i / classes] == i % classes;
    dmass[i] = own ? class_memory::class_loss_gradient(mass[i], weight, static_cast<double>(images)) : 0.0f;
  }
}

}  // namespace mdd::kernels
