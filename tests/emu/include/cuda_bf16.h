// <cuda_bf16.h> of the host SIMT emulator: the upper half of a float, rounding to nearest even, NaN as 0x7fff.
#pragma once
#include <bit>
#include <type_traits>

#include "cuda_runtime.h"

namespace emu {

constexpr unsigned short bfloat16_bits(float value) {
  const auto bits = std::bit_cast<unsigned>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fff;
  return static_cast<unsigned short>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

}  // namespace emu

struct __nv_bfloat16 {
  unsigned short bits;

  __nv_bfloat16() = default;
  template <class Number>
  requires std::is_arithmetic_v<Number>
  constexpr __nv_bfloat16(Number value) : bits(emu::bfloat16_bits(static_cast<float>(value))) {}
  constexpr operator float() const { return std::bit_cast<float>(static_cast<unsigned>(bits) << 16); }
};

inline __nv_bfloat16 operator+(__nv_bfloat16 a, __nv_bfloat16 b) {
  return static_cast<float>(a) + static_cast<float>(b);
}
inline __nv_bfloat16 operator-(__nv_bfloat16 a, __nv_bfloat16 b) {
  return static_cast<float>(a) - static_cast<float>(b);
}
inline __nv_bfloat16 operator*(__nv_bfloat16 a, __nv_bfloat16 b) {
  return static_cast<float>(a) * static_cast<float>(b);
}
inline __nv_bfloat16 operator/(__nv_bfloat16 a, __nv_bfloat16 b) {
  return static_cast<float>(a) / static_cast<float>(b);
}

inline float __bfloat162float(__nv_bfloat16 value) { return value; }
inline __nv_bfloat16 __float2bfloat16(float value) { return value; }
inline __nv_bfloat16 __float2bfloat16_rn(float value) { return value; }
inline unsigned short __bfloat16_as_ushort(__nv_bfloat16 value) { return value.bits; }
inline __nv_bfloat16 __ushort_as_bfloat16(unsigned short bits) { return std::bit_cast<__nv_bfloat16>(bits); }
