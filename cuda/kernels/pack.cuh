// Sixteen bytes of T, the widest single access: streaming kernels move their tensors in these.
//
// T is a storage type: float, __half or __nv_bfloat16. Arithmetic is in float throughout.
#pragma once
#include <cstdint>

#include "simt.h"

namespace mdd::kernels {

using half = __half;
using bfloat16 = __nv_bfloat16;

__device__ inline float to_float(float v) { return v; }
__device__ inline float to_float(half v) { return __half2float(v); }
__device__ inline float to_float(bfloat16 v) { return __bfloat162float(v); }

/// Rounds to nearest even.
template <class T>
__device__ inline T from_float(float v) {
  if constexpr (sizeof(T) == 4) {
    return v;
  } else {
    return static_cast<T>(v);
  }
}

template <class T, int kCount = 16 / static_cast<int>(sizeof(T))>
struct alignas(sizeof(T) * kCount) Pack {
  static constexpr int kSize = kCount;
  T value[kCount];
  __device__ T& operator[](int i) { return value[i]; }
  __device__ const T& operator[](int i) const { return value[i]; }
};

/// Requires that p is aligned to the pack.
template <int kCount, class T>
__device__ inline Pack<T, kCount> load_pack(const T* p) {
  return *reinterpret_cast<const Pack<T, kCount>*>(p);
}

template <class T, int kCount>
__device__ inline void store_pack(T* p, const Pack<T, kCount>& v) {
  *reinterpret_cast<Pack<T, kCount>*>(p) = v;
}

}  // namespace mdd::kernels
