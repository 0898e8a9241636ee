// Cosine distance of whole images: loss (+)= mean_n 1 - cos(a_n, b_n) over image n flattened, and its gradient.
//
// Layout  a, b, da: [images, count], T = float | half | bfloat16; moments: float [images, 3] = (a.a, b.b, a.b).
//         kPack elements an access; kPack > 1 requires count % kPack == 0 and 16-byte alignment.
// Cost    forward: A + B read. Backward: A + B read, dA written (and read, when added to). Memory-bound.
// Design  Forward in two stages of fixed geometry, so that the sums do not depend on the machine. Stage one gives each
//         block a run of kRun elements of one image: a thread sums a handful of packs in f32, the block adds its
//         threads pairwise, and the partial goes out in f64. Stage two is one block, a warp an image. The gradient has
//         the same runs; its two coefficients are a few dozen operations from the moments, cheaper to repeat than to
//         pass on.
#pragma once
#include "cosine_moments.cuh"
#include "reduce.cuh"

namespace mdd::kernels {

/// Elements of one image that one block sums.
inline constexpr std::int64_t kCosineRun = 4096;

/// The run that a block works on: elements [begin, end) of image `image`, which starts at `base`.
struct ImageRun {
  std::int64_t image, base, begin, end;
  __device__ ImageRun(std::int64_t count, int runs) : image(blockIdx.x / static_cast<unsigned>(runs)) {
    base = image * count;
    begin = static_cast<std::int64_t>(blockIdx.x % static_cast<unsigned>(runs)) * kCosineRun;
    end = begin + kCosineRun < count ? begin + kCosineRun : count;
  }
};

/// Grid: images * runs blocks, of which each writes one partial.
template <class T, int kPack>
__global__ void cosine_flat_moments(const T* __restrict__ a, const T* __restrict__ b, std::int64_t count, int runs,
                                    cosine::Moments<double>* __restrict__ partial) {
  const ImageRun run(count, runs);
  cosine::Moments<float> m;
  const std::int64_t step = static_cast<std::int64_t>(blockDim.x) * kPack;
  for (std::int64_t i = run.begin + static_cast<std::int64_t>(threadIdx.x) * kPack; i < run.end; i += step) {
    add_moments<kPack>(a + run.base + i, b + run.base + i, m);
  }
  const float aa = block_sum(m.aa), bb = block_sum(m.bb), ab = block_sum(m.ab);
  if (threadIdx.x == 0) {
    partial[blockIdx.x] = {static_cast<double>(aa), static_cast<double>(bb), static_cast<double>(ab)};
  }
}

/// Grid: one block. Warp w sums images w, w + warps, ...
__global__ void cosine_flat_loss(const cosine::Moments<double>* __restrict__ partial, std::int64_t images, int runs,
                                 float* __restrict__ moments, float* __restrict__ loss, bool accumulate) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp, warps = static_cast<int>(blockDim.x) / kWarp;
  double distance = 0.0;
  for (std::int64_t n = threadIdx.x / kWarp; n < images; n += warps) {
    cosine::Moments<double> m;
    for (int k = lane; k < runs; k += kWarp) {
      const cosine::Moments<double> part = partial[n * runs + k];
      m.aa += part.aa;
      m.bb += part.bb;
      m.ab += part.ab;
    }
    m = {warp_sum(m.aa), warp_sum(m.bb), warp_sum(m.ab)};
    if (lane == 0) {
      moments[3 * n] = static_cast<float>(m.aa);
      moments[3 * n + 1] = static_cast<float>(m.bb);
      moments[3 * n + 2] = static_cast<float>(m.ab);
      distance += 1.0 - cosine::similarity(m);
    }
  }
  distance = block_sum(distance);
  if (threadIdx.x == 0) {
    const auto mean = static_cast<float>(distance / static_cast<double>(images));
    *loss = (accumulate ? *loss : 0.0f) + mean;
  }
}

/// da (+)= weight * d cos / d a. Grid: images * runs blocks.
template <class T, int kPack>
__global__ void cosine_flat_gradient(const T* __restrict__ a, const T* __restrict__ b,
                                     const float* __restrict__ moments, float weight, std::int64_t count, int runs,
                                     Destination<T> da) {
  const ImageRun run(count, runs);
  const float* stored = moments + 3 * run.image;
  const cosine::Gradient g = cosine::gradient_of<float>({stored[0], stored[1], stored[2]}, weight);
  const std::int64_t step = static_cast<std::int64_t>(blockDim.x) * kPack;
  for (std::int64_t i = run.begin + static_cast<std::int64_t>(threadIdx.x) * kPack; i < run.end; i += step) {
    const std::int64_t at = run.base + i;
    write_combination<kPack>(da, at, g, load_pack<kPack>(a + at), load_pack<kPack>(b + at));
  }
}

}  // namespace mdd::kernels
