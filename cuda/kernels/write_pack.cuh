// Results of f32 arithmetic on their way to a tensor of T: they replace what is there, or are added to it.
#pragma once
#include "pack.cuh"

namespace mdd::kernels {

/// A tensor and how to write to it. `data` may be null: nothing is wanted there.
template <class T>
struct Destination {
  T* data;
  bool accumulate;
};

/// to[at ..] (+)= value; requires that the place is aligned to the pack. The sum is rounded once.
template <int kPack, class T>
__device__ inline void write_pack(const Destination<T>& to, std::int64_t at, const Pack<float, kPack>& value) {
  Pack<T, kPack> out;
  if (to.accumulate) {
    out = load_pack<kPack>(to.data + at);
    for (int i = 0; i < kPack; ++i) out[i] = from_float<T>(to_float(out[i]) + value[i]);
  } else {
    for (int i = 0; i < kPack; ++i) out[i] = from_float<T>(value[i]);
  }
  store_pack(to.data + at, out);
}

}  // namespace mdd::kernels
