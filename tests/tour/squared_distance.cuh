// [kernel]
// Squared distance per position: map[p] = sum_c (a[p,c] - b[p,c])^2 / C, and its gradient.
//
// Layout  a, b, da: [positions, channels] (NHWC flattened), T = float | half | bfloat16; map, dmap: float[positions].
//         kPack elements an access; kPack > 1 requires channels % kPack == 0 and 16-byte alignment.
// Cost    forward: A + B read. Backward: A + B read, dA written (and read, where added to). Memory-bound.
// Design  A group of lanes owns a position (lane_groups.cuh), so that its sum needs shuffles only.
#pragma once
#include "cuda/kernels/lane_groups.cuh"
#include "cuda/kernels/write_pack.cuh"

namespace mdd::kernels {

template <class T, int kPack>
__global__ void squared_distance(const T* __restrict__ a, const T* __restrict__ b, std::int64_t positions, int channels,
                                 int lanes, float* __restrict__ map) {
  for_each_row(positions, channels, lanes, [&](std::int64_t p, int lane, int width) {
    float sum = 0.0f;
    for (int c = lane * kPack; c < width; c += lanes * kPack) {
      const Pack<T, kPack> u = load_pack<kPack>(a + p * channels + c), v = load_pack<kPack>(b + p * channels + c);
      for (int i = 0; i < kPack; ++i) {
        const float difference = to_float(u[i]) - to_float(v[i]);
        sum += difference * difference;
      }
    }
    sum = group_sum(sum, lanes);
    if (lane == 0 && width > 0) map[p] = sum / static_cast<float>(channels);
  });
}

template <class T, int kPack>
__global__ void squared_distance_gradient(const T* __restrict__ a, const T* __restrict__ b,
                                          const float* __restrict__ dmap, std::int64_t positions, int channels,
                                          int lanes, Destination<T> da) {
  for_each_row(positions, channels, lanes, [&](std::int64_t p, int lane, int width) {
    const float factor = width > 0 ? 2.0f / static_cast<float>(channels) * dmap[p] : 0.0f;
    for (int c = lane * kPack; c < width; c += lanes * kPack) {
      const std::int64_t at = p * channels + c;
      const Pack<T, kPack> u = load_pack<kPack>(a + at), v = load_pack<kPack>(b + at);
      Pack<float, kPack> out;
      for (int i = 0; i < kPack; ++i) out[i] = factor * (to_float(u[i]) - to_float(v[i]));
      write_pack<kPack>(da, at, out);
    }
  });
}

}  // namespace mdd::kernels
// [end]
