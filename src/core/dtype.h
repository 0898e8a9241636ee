// Element types that tensors and files can hold, and exact conversions between the 16-bit formats and float.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mdd {

enum class DType : std::uint8_t { kF64, kF32, kF16, kBF16, kI64, kI32, kI16, kI8, kU8, kBool };

/// Bytes of one element.
[[nodiscard]] std::size_t size_of(DType type) noexcept;
/// "f32", "bf16", "i64" ...
[[nodiscard]] std::string_view name_of(DType type) noexcept;

/// IEEE binary16 <-> float; rounding to nearest even, overflow to infinity, NaN stays NaN.
[[nodiscard]] float float_from_half(std::uint16_t bits) noexcept;
[[nodiscard]] std::uint16_t half_from_float(float value) noexcept;
/// bfloat16 <-> float, the same rules.
[[nodiscard]] float float_from_bfloat16(std::uint16_t bits) noexcept;
[[nodiscard]] std::uint16_t bfloat16_from_float(float value) noexcept;

}  // namespace mdd
