// Sources of synthetic anomalies, made out of whole images that already lie on the device.
//
//   y[n,place] = distortions of recipe n (image pool[recipe n] at the place they lead back to)
//                                                                         (arithmetic: ops/source_arithmetic.h)
// Layout  pool: u8 [M, side, side, 3]; recipes: [N]; y: u8 [N, side, side, 3].
// Cost    bytes = 2 y, of the pool only what is used. Up to 200 operations a pixel where colours turn in HSV, four
//         times that where a rotation follows.
// Design  A thread makes whole pixels, and pulls: it follows a pixel back through rolls, rotation and grid to where its
//         colour comes from, so that a chain of distortions needs one kernel and no image in between. A grid row serves
//         one image: its recipe is the same for a whole block, and no warp diverges by kind of distortion.
#pragma once
#include "ops/source_arithmetic.h"
#include "simt.h"

namespace mdd::kernels {

/// Grid: (any, any).
__global__ void anomaly_sources(const std::uint8_t* __restrict__ pool, const SourceRecipe* __restrict__ recipes,
                                std::uint8_t* __restrict__ y, std::int64_t images, int side) {
  const int pixels = side * side, stride = static_cast<int>(gridDim.x * blockDim.x);
  for (std::int64_t n = blockIdx.y; n < images; n += gridDim.y) {
    const SourceRecipe& recipe = recipes[n];
    const std::uint8_t* image = pool + std::int64_t{3} * recipe.image * pixels;
    std::uint8_t* out = y + std::int64_t{3} * n * pixels;
    const auto at = [image, side](source::Place place) {
      return source::load(image + std::int64_t{3} * (place.y * side + place.x));
    };
    for (int p = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); p < pixels; p += stride) {
      const source::Place place{p / side, p % side};
      source::store(source::source_pixel(recipe, side, side, place, at), out + std::int64_t{3} * p);
    }
  }
}

}  // namespace mdd::kernels
