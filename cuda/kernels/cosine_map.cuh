// Cosine distance per position: map[p] = 1 - cos(a[p,:], b[p,:]), and the gradients of both sides.
//
// Layout  a, b, da, db: [positions, channels] (NHWC flattened), T = float | half | bfloat16; map, dmap:
// float[positions].
//         kPack elements an access; kPack > 1 requires channels % kPack == 0 and 16-byte alignment.
// Cost    forward: A + B read. Backward: A + B read, dA + dB written (and read, where added to). Memory-bound.
// Design  A group of lanes owns a position (lane_groups.cuh), so its sums need shuffles only. Backward sums the moments
//         first, then walks the same few kilobytes again: they are in the first-level cache, which is several times
//         faster than memory, and so any number of channels works without a register array. One walk serves both
//         gradients.
#pragma once
#include "cosine_moments.cuh"
#include "lane_groups.cuh"

namespace mdd::kernels {

/// The moments of one position, on every lane of its group. u and v point at the position's channels.
template <int kPack, class T>
__device__ inline cosine::Moments<float> moments_of_row(const T* u, const T* v, int lane, int width, int lanes) {
  cosine::Moments<float> m;
  for (int c = lane * kPack; c < width; c += lanes * kPack) add_moments<kPack>(u + c, v + c, m);
  return {group_sum(m.aa, lanes), group_sum(m.bb, lanes), group_sum(m.ab, lanes)};
}

template <class T, int kPack>
__global__ void cosine_map(const T* __restrict__ a, const T* __restrict__ b, std::int64_t positions, int channels,
                           int lanes, float* __restrict__ map) {
  for_each_row(positions, channels, lanes, [&](std::int64_t p, int lane, int width) {
    const auto m = moments_of_row<kPack>(a + p * channels, b + p * channels, lane, width, lanes);
    if (lane == 0 && width > 0) map[p] = 1.0f - cosine::similarity(m);
  });
}

template <class T, int kPack>
__global__ void cosine_map_gradient(const T* __restrict__ a, const T* __restrict__ b, const float* __restrict__ dmap,
                                    std::int64_t positions, int channels, int lanes, Destination<T> da,
                                    Destination<T> db) {
  for_each_row(positions, channels, lanes, [&](std::int64_t p, int lane, int width) {
    const std::int64_t row = p * channels;
    const auto m = moments_of_row<kPack>(a + row, b + row, lane, width, lanes);
    const float weight = width > 0 ? -dmap[p] : 0.0f;
    const cosine::Gradient to_a = cosine::gradient_of(m, weight), to_b = cosine::gradient_of(m.swapped(), weight);
    for (int c = lane * kPack; c < width; c += lanes * kPack) {
      const Pack<T, kPack> u = load_pack<kPack>(a + row + c), v = load_pack<kPack>(b + row + c);
      if (da.data != nullptr) write_combination<kPack>(da, row + c, to_a, u, v);
      if (db.data != nullptr) write_combination<kPack>(db, row + c, to_b, v, u);
    }
  });
}

}  // namespace mdd::kernels
