// What both kinds of cosine distance do with a pack of each input: sum its products, and combine it into a gradient.
#pragma once
#include "ops/cosine_arithmetic.h"
#include "write_pack.cuh"

namespace mdd::kernels {

/// m += (a.a, b.b, a.b) over kPack elements; one read of either input serves all three.
template <int kPack, class T>
__device__ inline void add_moments(const T* a, const T* b, cosine::Moments<float>& m) {
  const Pack<T, kPack> u = load_pack<kPack>(a), v = load_pack<kPack>(b);
  for (int i = 0; i < kPack; ++i) {
    const float x = to_float(u[i]), y = to_float(v[i]);
    m.aa += x * x;
    m.bb += y * y;
    m.ab += x * y;
  }
}

/// to (+)= g.own * own + g.other * other.
template <int kPack, class T>
__device__ inline void write_combination(const Destination<T>& to, std::int64_t at, const cosine::Gradient& g,
                                         const Pack<T, kPack>& own, const Pack<T, kPack>& other) {
  Pack<float, kPack> value;
  for (int i = 0; i < kPack; ++i) value[i] = g.own * to_float(own[i]) + g.other * to_float(other[i]);
  write_pack<kPack>(to, at, value);
}

}  // namespace mdd::kernels
