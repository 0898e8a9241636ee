// Operations that know neither positions nor channels: fill, sum of two tensors, conversion of types.
//
//   to[i] = value        y[i] = a[i] + b[i]        to[i] = To(from[i])
//
// Layout  flat arrays; pointers aligned to 16 bytes unless kPack = 1. y may be a or b.
// Cost    bytes = X; 3 X; X + Y: memory-bound.
// Design  Threads stride over packs of 16 bytes of the narrowest type; what remains behind the last whole pack, and
//         arrays that are not aligned, go element by element.
#pragma once
#include <type_traits>

#include "floats.cuh"

namespace mdd::kernels {

/// body(offset, integral constant) for every whole pack, then with a constant of 1 for every element that remains.
template <int kPack, class Body>
__device__ inline void for_each_pack(std::int64_t elements, const Body& body) {
  const std::int64_t thread = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  const std::int64_t packed = elements / kPack * kPack;
  for (std::int64_t i = thread * kPack; i < packed; i += stride * kPack) {
    body(i, std::integral_constant<int, kPack>());
  }
  if constexpr (kPack > 1) {
    for (std::int64_t i = packed + thread; i < elements; i += stride) body(i, std::integral_constant<int, 1>());
  }
}

/// Value = float | double.
template <class Value, int kPack>
__global__ void __launch_bounds__(256) fill(Value* __restrict__ to, Value value, std::int64_t elements) {
  for_each_pack<kPack>(elements, [=](std::int64_t at, auto count) {
    Pack<Value, count()> pack;
    for (int i = 0; i < count(); ++i) pack[i] = value;
    store_pack(to + at, pack);
  });
}

/// T = float | half | bfloat16.
template <class T, int kPack>
__global__ void __launch_bounds__(256) add(const T* a, const T* b, T* y, std::int64_t elements) {
  for_each_pack<kPack>(elements, [=](std::int64_t at, auto count) {
    float first[count()], second[count()];
    load_floats(first, a + at);
    load_floats(second, b + at);
    for (int i = 0; i < count(); ++i) first[i] += second[i];
    store_floats(y + at, first);
  });
}

/// From, To = float | half | bfloat16, rounding to nearest even; every one of them fits a float.
template <class From, class To, int kPack>
__global__ void __launch_bounds__(256) cast(const From* __restrict__ from, To* __restrict__ to, std::int64_t elements) {
  for_each_pack<kPack>(elements, [=](std::int64_t at, auto count) {
    float value[count()];
    load_floats(value, from + at);
    store_floats(to + at, value);
  });
}

}  // namespace mdd::kernels
