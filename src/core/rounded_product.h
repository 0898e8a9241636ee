// Products that keep their own rounding wherever the compiler has a fused multiply-add: for results that must be the
// same to the bit on every machine.
#pragma once
#include "core/host_device.h"

namespace mdd {

/// a * b (float or double), never fused with a sum that it goes into.
template <class Float>
[[nodiscard]] MDDNET_HOST_DEVICE inline Float rounded_product(Float a, Float b) noexcept {
#if defined(__CUDA_ARCH__)
  if constexpr (sizeof(Float) == sizeof(float)) {
    return __fmul_rn(a, b);
  } else {
    return __dmul_rn(a, b);
  }
#elif defined(__GNUC__) && !defined(__clang__) && !defined(__CUDACC__)
  return __builtin_assoc_barrier(a * b);
#else
  const volatile Float product = a * b;
  return product;
#endif
}

}  // namespace mdd
