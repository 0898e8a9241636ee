// bf16 numbers in ordinary code, in a form that compilers vectorise. Maps hold their bits.
#pragma once
#include <bit>
#include <cstdint>

#include "core/tensor.h"

namespace mdd::cpu {

using Bf16 = std::uint16_t;

inline float value_of(float value) { return value; }
inline float value_of(Bf16 bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

/// Rounds to the nearest, ties to even; a NaN stays one.
template <class Value>
Value rounded_to(float value);
template <>
inline float rounded_to<float>(float value) {
  return value;
}
template <>
inline Bf16 rounded_to<Bf16>(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const bool is_nan = (bits & 0x7fffffffu) > 0x7f800000u;
  return static_cast<Bf16>(is_nan ? bits >> 16 | 0x40u : rounded);
}

/// to[i] = the elements of `from`, f32 or bf16, in parallel.
void widen(const Tensor& from, float* to);
/// The elements of `to`, f32 or bf16, = from[i], rounded; in parallel.
void round(const float* from, const Tensor& to);

/// Calls body(value) with a zero of the type in which `features` is stored: f32 or bf16.
template <class Body>
void with_values(const Tensor& features, const Body& body) {
  require(features.dtype == DType::kF32 || features.dtype == DType::kBF16, "features are f32 or bf16 on the CPU");
  if (features.dtype == DType::kF32) {
    body(float{});
  } else {
    body(Bf16{});
  }
}

}  // namespace mdd::cpu
