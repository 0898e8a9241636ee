// Masks of synthetic anomalies: thresholded Perlin noise, drawn again while nothing is above the threshold.
//
//   mask[n,y,x] = noise(key[n], accepted attempt, x, y) > threshold            (arithmetic: ops/perlin.h)
//   accepted    = the first of 1 + redraws attempts that sets a pixel or is meant to set none
//
// Layout  mask: u8 [N, side, side]; keys: [N]; accepted: i32 [N], -1 = the mask is empty.
// Cost    bytes = mask. About 100 operations a pixel, twice for those that the first kernel looked at.
// Design  Two kernels, so that no word goes back to the host. The first has a block an image: it tries attempt after
//         attempt and stops at the first group of pixels with one above the threshold, mostly the very first group. The
//         second knows which attempt counts and spreads all pixels of all images over the device. In both, a block
//         first computes the lattice's 33 * 33 gradients into shared memory (8.7 KB): a Philox block of four a thread.
#pragma once
#include "ops/perlin.h"
#include "pack.cuh"

namespace mdd::kernels {

inline constexpr int kPerlinCorners = static_cast<int>(perlin::kCornersPerSide * perlin::kCornersPerSide);
inline constexpr int kPerlinStored = (kPerlinCorners + 3) / 4 * 4;  // whole Philox blocks

/// All gradients of an attempt, in the order of ops/perlin.h: four from each block of random words. Ends with a
/// barrier.
__device__ inline void draw_gradients(const PerlinKey& key, const perlin::Attempt& attempt,
                                      perlin::Direction* gradients) {
  for (int i = static_cast<int>(threadIdx.x); i < kPerlinStored / 4; i += static_cast<int>(blockDim.x)) {
    const auto words = perlin::block(key, attempt.first_block + static_cast<std::uint32_t>(i));
    for (int k = 0; k < 4; ++k) {
      gradients[4 * i + k] = perlin::direction(uniform_from_bits(words[static_cast<std::size_t>(k)]));
    }
  }
  __syncthreads();
}

/// Is pixel `p` of side * side above the threshold?
__device__ inline bool perlin_pixel(const perlin::Attempt& attempt, const perlin::Direction* gradients, int side, int p,
                                    float threshold) {
  const auto point = perlin::lattice_point(attempt, side, p % side, p / side);
  const auto corner = [gradients](std::uint32_t i, std::uint32_t j) {
    return gradients[i + perlin::kCornersPerSide * j];
  };
  return point.inside && perlin::noise(point, corner) > threshold;
}

/// One block an image.
__global__ void choose_perlin_attempts(PerlinParams params, const PerlinKey* __restrict__ keys,
                                       int* __restrict__ accepted, int side) {
  MDDNET_SHARED(perlin::Direction, gradients, kPerlinStored);
  const PerlinKey key = keys[blockIdx.x];
  const int threads = static_cast<int>(blockDim.x), pixels = side * side;
  int found = -1;
  for (int index = 0; index <= params.redraws && found < 0; ++index) {
    const perlin::Attempt attempt = perlin::attempt(key, index, params.p_normal);
    if (!attempt.insert) break;  // an empty mask is what was asked for
    draw_gradients(key, attempt, gradients);
    for (int first = 0; first < pixels; first += threads) {
      const int p = first + static_cast<int>(threadIdx.x);
      const bool set = p < pixels && perlin_pixel(attempt, gradients, side, p, params.threshold);
      if (__syncthreads_or(set) != 0) {
        found = index;
        break;
      }
    }
    __syncthreads();  // the gradients may be overwritten
  }
  if (threadIdx.x == 0) accepted[blockIdx.x] = found;
}

/// Grid: (blocks a mask, N). Every thread sets four neighbours at once where kPack is 4.
template <int kPack>
__global__ void draw_perlin_masks(PerlinParams params, const PerlinKey* __restrict__ keys,
                                  const int* __restrict__ accepted, std::uint8_t* __restrict__ mask, int side) {
  MDDNET_SHARED(perlin::Direction, gradients, kPerlinStored);
  const PerlinKey key = keys[blockIdx.y];
  const int index = accepted[blockIdx.y];
  const perlin::Attempt attempt = perlin::attempt(key, index < 0 ? 0 : index, params.p_normal);
  if (index >= 0) draw_gradients(key, attempt, gradients);  // the whole block, or none of it
  const int pixels = side * side;
  std::uint8_t* mask_n = mask + std::int64_t{blockIdx.y} * pixels;
  const int stride = static_cast<int>(gridDim.x * blockDim.x) * kPack;
  for (int p = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x) * kPack; p < pixels; p += stride) {
    Pack<std::uint8_t, kPack> out;
    for (int j = 0; j < kPack; ++j) {
      out[j] = index >= 0 && perlin_pixel(attempt, gradients, side, p + j, params.threshold) ? 1 : 0;
    }
    store_pack(mask_n + p, out);
  }
}

}  // namespace mdd::kernels
