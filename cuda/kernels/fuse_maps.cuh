// The two discrepancy maps made one.
//
//   fused[i] = tr + ri, tr * ri, tr, ri, or (1 - weight) tr + weight ri
//
// Layout  tr, ri, fused: f32 [elements]; fused may be tr or ri.
// Cost    bytes = 3 * fused: memory-bound.
// Design  A stream of 16-byte packs. The rule is the same for all threads, so that choosing it costs next to nothing.
#pragma once
#include "ops/map_arithmetic.h"
#include "pack.cuh"

namespace mdd::kernels {

/// Requires that `elements` is a multiple of kPack and that all three are aligned.
template <int kPack>
__global__ void fuse_maps(MapFusion fusion, float weight, const float* tr, const float* ri, float* fused,
                          std::int64_t elements) {
  const std::int64_t stride = std::int64_t{gridDim.x} * blockDim.x * kPack;
  for (std::int64_t i = (std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x) * kPack; i < elements; i += stride) {
    Pack<float, kPack> out = load_pack<kPack>(tr + i);
    const Pack<float, kPack> other = load_pack<kPack>(ri + i);
    for (int j = 0; j < kPack; ++j) out[j] = fused_value(fusion, weight, out[j], other[j]);
    store_pack(fused + i, out);
  }
}

}  // namespace mdd::kernels
