// Storage types in memory, floats in registers: reads and writes of neighbouring elements in accesses of up to 16
// bytes.
#pragma once
#include "pack.cuh"

namespace mdd::kernels {

/// Elements that one access moves when kCount of them are wanted: at most 16 bytes.
template <class T, int kCount>
inline constexpr int kAccess = kCount < 16 / static_cast<int>(sizeof(T)) ? kCount : 16 / static_cast<int>(sizeof(T));

/// Requires that `from` is aligned to kAccess<T, kCount> elements.
template <int kCount, class T>
__device__ inline void load_floats(float (&to)[kCount], const T* from) {
  constexpr int kStep = kAccess<T, kCount>;
  for (int i = 0; i < kCount; i += kStep) {
    const auto pack = load_pack<kStep>(from + i);
    for (int j = 0; j < kStep; ++j) to[i + j] = to_float(pack[j]);
  }
}

/// Rounds to nearest even. Requires the alignment that load_floats does.
template <int kCount, class T>
__device__ inline void store_floats(T* to, const float (&from)[kCount]) {
  constexpr int kStep = kAccess<T, kCount>;
  for (int i = 0; i < kCount; i += kStep) {
    Pack<T, kStep> pack;
    for (int j = 0; j < kStep; ++j) pack[j] = from_float<T>(from[i + j]);
    store_pack(to + i, pack);
  }
}

/// max(0, v) that keeps NaN.
__device__ inline float rectified(float v) { return v < 0.0f ? 0.0f : v; }

}  // namespace mdd::kernels
