// Bilinear enlargement of a coarse map with aligned corners.
//
//   out[n,y,x] (+)= interpolation of the four samples of map [h,w] around (y (h-1)/(S-1), x (w-1)/(S-1))
//
// Layout  map: f32 [N, h, w]; out: f32 [N, H, W].
// Cost    bytes = map + out (twice out when it accumulates): memory-bound; the coarse map stays in cache.
// Design  A thread keeps its kPack columns, and with them their places among the samples, for all the rows that it
//         walks down: the whole-number divisions behind a place are paid once, and again only for the row.
#pragma once
#include "ops/map_arithmetic.h"
#include "pack.cuh"

namespace mdd::kernels {

/// Rows of the result, all images together, that one thread walks.
inline constexpr int kUpsampledRows = 8;

/// Requires that `out_width` is a multiple of kPack and out is aligned. Grid: (columns / kPack, rows / kUpsampledRows).
template <int kPack, bool kAccumulate>
__global__ void upsample_bilinear(const float* __restrict__ map, float* __restrict__ out, std::int64_t images,
                                  int height, int width, int out_height, int out_width) {
  const int x = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x) * kPack;
  if (x >= out_width) return;
  BetweenSamples columns[kPack];
  for (int j = 0; j < kPack; ++j) columns[j] = aligned_corners(x + j, width, out_width);
  const std::int64_t rows = images * out_height;
  for (std::int64_t first = std::int64_t{blockIdx.y} * kUpsampledRows; first < rows;
       first += std::int64_t{gridDim.y} * kUpsampledRows) {
    for (std::int64_t row = first; row < rows && row < first + kUpsampledRows; ++row) {
      const std::int64_t image = row / out_height;
      const BetweenSamples y = aligned_corners(row - image * out_height, height, out_height);
      const float* top = map + (image * height + y.low) * width;
      const float* bottom = map + (image * height + y.high) * width;
      float* const target = out + row * out_width + x;
      Pack<float, kPack> values;
      if constexpr (kAccumulate) values = load_pack<kPack>(target);
      for (int j = 0; j < kPack; ++j) {
        const BetweenSamples& at = columns[j];
        const float value = interpolated(interpolated(top[at.low], top[at.high], at.weight),
                                         interpolated(bottom[at.low], bottom[at.high], at.weight), y.weight);
        values[j] = kAccumulate ? values[j] + value : value;
      }
      store_pack(target, values);
    }
  }
}

}  // namespace mdd::kernels
