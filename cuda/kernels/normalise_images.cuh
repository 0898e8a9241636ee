// From 8-bit colours to normalised features.
//
//   y[e] = x[e] * scale[e mod 3] + shift[e mod 3]        scale = 1 / (255 deviation), shift = -mean / deviation
//
// Layout  x: u8 [pixels, 3], y: T [pixels, 3], both as one run of elements e; T = float | half | bfloat16.
// Cost    bytes = elements * (1 + sizeof(T)): memory-bound.
// Design  A thread writes 16 bytes, 4 or 8 elements, and so begins at any of the three colours. It turns the constants
//         once so that element j of its pack has colour j mod 3: a choice among registers, no table in memory.
#pragma once
#include "ops/image_arithmetic.h"
#include "pack.cuh"

namespace mdd::kernels {

/// Constants such that colour c of the result is colour (first + c) mod 3.
__device__ inline AffineColours turned(AffineColours colours, int first) {
  for (int turn = 0; turn < 2; ++turn) {
    if (turn >= first) break;
    const float scale = colours.scale[0], shift = colours.shift[0];
    colours.scale[0] = colours.scale[1], colours.shift[0] = colours.shift[1];
    colours.scale[1] = colours.scale[2], colours.shift[1] = colours.shift[2];
    colours.scale[2] = scale, colours.shift[2] = shift;
  }
  return colours;
}

/// Requires that `elements` is a multiple of kPack and that packs of x and y are aligned.
template <class T, int kPack>
__global__ void normalise_images(AffineColours colours, const std::uint8_t* __restrict__ x, T* __restrict__ y,
                                 std::int64_t elements) {
  const std::int64_t stride = std::int64_t{gridDim.x} * blockDim.x * kPack;
  for (std::int64_t e = (std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x) * kPack; e < elements; e += stride) {
    const Pack<std::uint8_t, kPack> in = load_pack<kPack>(x + e);
    const AffineColours of_pack = turned(colours, static_cast<int>(e % 3));
    Pack<T, kPack> out;
    for (int j = 0; j < kPack; ++j) out[j] = from_float<T>(of_pack(j % 3, static_cast<float>(in[j])));
    store_pack(y + e, out);
  }
}

}  // namespace mdd::kernels
