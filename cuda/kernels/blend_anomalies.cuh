// A synthetic anomaly laid over an image, and both normalised, in one pass.
//
//   y = (b x + (1 - b) source) * scale[colour] + shift[colour]        b = mask ? opacity[image] : 1
//
// Layout  x, source: u8 [N, pixels, 3]; mask: u8 [N, pixels]; opacity: f32 [N]; y: T [N, pixels, 3].
// Cost    bytes = N * pixels * (7 + 3 sizeof(T)): memory-bound.
// Design  As normalise_images. A grid row serves one image, so that its opacity is a constant of the thread. The
//         mask is read a byte an element: threads beside each other share them through the cache.
#pragma once
#include "normalise_images.cuh"

namespace mdd::kernels {

/// Requires that 3 * pixels is a multiple of kPack and that packs of x, source and y are aligned. Grid: (any, any).
template <class T, int kPack>
__global__ void blend_anomalies(AffineColours colours, const std::uint8_t* __restrict__ x,
                                const std::uint8_t* __restrict__ source, const std::uint8_t* __restrict__ mask,
                                const float* __restrict__ opacity, T* __restrict__ y, std::int64_t images,
                                std::int64_t pixels) {
  const std::int64_t first = (std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x) * kPack;
  const std::int64_t stride = std::int64_t{gridDim.x} * blockDim.x * kPack;
  for (std::int64_t n = blockIdx.y; n < images; n += gridDim.y) {
    const float keep = opacity[n];
    const std::uint8_t* mask_n = mask + n * pixels;
    for (std::int64_t e = first; e < 3 * pixels; e += stride) {
      const std::int64_t at = n * 3 * pixels + e, pixel = e / 3;
      const int colour = static_cast<int>(e - 3 * pixel);
      const Pack<std::uint8_t, kPack> image = load_pack<kPack>(x + at), other = load_pack<kPack>(source + at);
      const AffineColours of_pack = turned(colours, colour);
      Pack<T, kPack> out;
      for (int j = 0; j < kPack; ++j) {
        const float weight = mask_n[pixel + (colour + j) / 3] != 0 ? keep : 1.0f;
        const float value = blended(weight, static_cast<float>(image[j]), static_cast<float>(other[j]));
        out[j] = from_float<T>(of_pack(j % 3, value));
      }
      store_pack(y + at, out);
    }
  }
}

}  // namespace mdd::kernels
