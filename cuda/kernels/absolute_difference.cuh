// dx = weight * sign(x - target), with sign(0) = 0: the gradient of a sum of absolute differences.
//
// Layout  flat float arrays; kPack elements an access; kPack > 1 requires 16-byte alignment and a count that divides.
// Cost    X + target read, dX written; memory-bound. A grid-stride stream, no state.
#pragma once
#include "pack.cuh"

namespace mdd::kernels {

template <int kPack>
__global__ void absolute_difference_gradient(const float* __restrict__ x, const float* __restrict__ target,
                                             float weight, std::int64_t count, float* __restrict__ dx) {
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * blockDim.x * kPack;
  const std::int64_t first = (static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) * kPack;
  for (std::int64_t i = first; i < count; i += step) {
    const Pack<float, kPack> a = load_pack<kPack>(x + i), b = load_pack<kPack>(target + i);
    Pack<float, kPack> out;
    for (int k = 0; k < kPack; ++k) out[k] = a[k] > b[k] ? weight : (a[k] < b[k] ? -weight : 0.0f);
    store_pack(dx + i, out);
  }
}

}  // namespace mdd::kernels
