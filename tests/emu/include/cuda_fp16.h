// <cuda_fp16.h> of the host SIMT emulator: IEEE binary16, rounding to nearest even, NaN as 0x7fff (as the device has
// it).
#pragma once
#include <bit>
#include <type_traits>

#include "cuda_runtime.h"

namespace emu {

constexpr unsigned short half_bits(float value) {
  const auto bits = std::bit_cast<unsigned>(value);
  const unsigned sign = bits >> 16 & 0x8000u, size = bits & 0x7fffffffu;
  if (size > 0x7f800000u) return 0x7fff;
  if (size >= 0x477ff000u) return static_cast<unsigned short>(sign | 0x7c00u);  // 65520 and above round to infinity
  if (size < 0x38800000u) {
    // Subnormal: adding 0.5 makes the float adder round at the last place of a half, 2^-24.
    const float rounded = std::bit_cast<float>(size) + 0.5f;
    return static_cast<unsigned short>(sign | (std::bit_cast<unsigned>(rounded) - 0x3f000000u));
  }
  return static_cast<unsigned short>(sign | ((size - 0x38000000u + 0xfffu + (size >> 13 & 1u)) >> 13));
}

constexpr float half_value(unsigned short half) {
  const unsigned sign = (half & 0x8000u) << 16, size = half & 0x7fffu;
  if (size >= 0x7c00u) return std::bit_cast<float>(sign | 0x7f800000u | (size & 0x3ffu) << 13);
  // With the exponent's bias still that of a half; the product is exact and corrects it.
  return std::bit_cast<float>(std::bit_cast<unsigned>(std::bit_cast<float>(size << 13) * 0x1p112f) | sign);
}

}  // namespace emu

struct __half {
  unsigned short bits;

  __half() = default;
  template <class Number>
  requires std::is_arithmetic_v<Number>
  constexpr __half(Number value) : bits(emu::half_bits(static_cast<float>(value))) {}
  constexpr operator float() const { return emu::half_value(bits); }
};

inline __half operator+(__half a, __half b) { return static_cast<float>(a) + static_cast<float>(b); }
inline __half operator-(__half a, __half b) { return static_cast<float>(a) - static_cast<float>(b); }
inline __half operator*(__half a, __half b) { return static_cast<float>(a) * static_cast<float>(b); }
inline __half operator/(__half a, __half b) { return static_cast<float>(a) / static_cast<float>(b); }

inline float __half2float(__half value) { return value; }
inline __half __float2half(float value) { return value; }
inline __half __float2half_rn(float value) { return value; }
inline unsigned short __half_as_ushort(__half value) { return value.bits; }
inline __half __ushort_as_half(unsigned short bits) { return std::bit_cast<__half>(bits); }
