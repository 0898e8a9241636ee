#include <bit>
#include <cmath>
#include <cstdint>
#include <doctest/doctest.h>
#include <limits>
#include <set>
#include <string_view>

#include "core/dtype.h"

using namespace mdd;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Checks that a value on one side of the middle of two neighbouring finite patterns goes to that side, and the middle
/// itself to the even one. Magnitudes are ordered like their patterns.
template <class Decode, class Encode>
void check_rounding(std::uint16_t last_finite, Decode decode, Encode encode) {
  int wrong = 0;
  for (std::uint16_t bits = 0; bits < last_finite; ++bits) {
    const auto next = static_cast<std::uint16_t>(bits + 1);
    const auto middle =
        static_cast<float>(0.5 * (static_cast<double>(decode(bits)) + static_cast<double>(decode(next))));
    const std::uint16_t even = (bits & 1) == 0 ? bits : next;
    // Among bf16's smallest numbers a float has no room for a middle; there it is one of the two themselves.
    if (middle == decode(bits) || middle == decode(next)) continue;
    if (encode(middle) != even) ++wrong;
    if (encode(-middle) != (even | 0x8000)) ++wrong;
    if (encode(std::nextafter(middle, kInfinity)) != next) ++wrong;
    if (encode(std::nextafter(middle, 0.0f)) != bits) ++wrong;
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("every half and every bfloat16 survives the way to float and back") {
  int wrong = 0;
  for (std::uint32_t i = 0; i < 65536; ++i) {
    const auto bits = static_cast<std::uint16_t>(i);
    const float half = float_from_half(bits), brain = float_from_bfloat16(bits);
    const bool half_nan = (bits & 0x7fff) > 0x7c00, brain_nan = (bits & 0x7fff) > 0x7f80;
    if (std::isnan(half) != half_nan || std::isnan(brain) != brain_nan) ++wrong;
    const std::uint16_t half_back = half_from_float(half), brain_back = bfloat16_from_float(brain);
    if (half_nan ? !std::isnan(float_from_half(half_back)) : half_back != bits) ++wrong;
    if (brain_nan ? !std::isnan(float_from_bfloat16(brain_back)) : brain_back != bits) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("known halves") {
  CHECK(float_from_half(0x3c00) == 1.0f);
  CHECK(float_from_half(0xc000) == -2.0f);
  CHECK(float_from_half(0x7bff) == 65504.0f);
  CHECK(float_from_half(0x0400) == 0x1p-14f);
  CHECK(float_from_half(0x0001) == 0x1p-24f);
  CHECK(float_from_half(0x7c00) == kInfinity);
  CHECK(std::signbit(float_from_half(0x8000)));
  CHECK(half_from_float(0.1f) == 0x2e66);
  CHECK(half_from_float(65519.99f) == 0x7bff);
  CHECK(half_from_float(65520.0f) == 0x7c00);
  CHECK(half_from_float(-1e10f) == 0xfc00);
  CHECK(half_from_float(0x1p-25f) == 0x0000);  // half of the smallest: ties to even
  CHECK(half_from_float(0x1.8p-25f) == 0x0001);
  CHECK(half_from_float(-0.0f) == 0x8000);
  CHECK(half_from_float(std::numeric_limits<float>::denorm_min()) == 0x0000);
  CHECK(half_from_float(0x1.ff8p-15f) == 0x03ff);  // the largest subnormal
  CHECK(half_from_float(0x1.ffcp-15f) == 0x0400);  // half-way from there to the smallest normal number
}

TEST_CASE("known bfloat16s") {
  CHECK(float_from_bfloat16(0x3f80) == 1.0f);
  CHECK(bfloat16_from_float(3.14159265f) == 0x4049);
  CHECK(bfloat16_from_float(std::numeric_limits<float>::max()) == 0x7f80);
  CHECK(bfloat16_from_float(-kInfinity) == 0xff80);
  CHECK(bfloat16_from_float(1.00390625f) == 0x3f80);  // half-way, to even
  CHECK(bfloat16_from_float(1.01171875f) == 0x3f82);
  // A NaN whose payload lies in the lower half only must not become an infinity.
  CHECK(std::isnan(float_from_bfloat16(bfloat16_from_float(std::bit_cast<float>(0x7f800001u)))));
  CHECK(std::isnan(float_from_bfloat16(bfloat16_from_float(std::bit_cast<float>(0xffffffffu)))));
}

TEST_CASE("rounding is to nearest, ties to even, between all neighbours") {
  check_rounding(0x7bff, float_from_half, half_from_float);
  check_rounding(0x7f7f, float_from_bfloat16, bfloat16_from_float);
}

TEST_CASE("sizes and names") {
  const std::pair<DType, std::size_t> sizes[] = {
      {DType::kF64, 8}, {DType::kF32, 4}, {DType::kF16, 2}, {DType::kBF16, 2}, {DType::kI64, 8},
      {DType::kI32, 4}, {DType::kI16, 2}, {DType::kI8, 1},  {DType::kU8, 1},   {DType::kBool, 1}};
  std::set<std::string_view> names;
  for (const auto& [type, size] : sizes) {
    CHECK(size_of(type) == size);
    names.insert(name_of(type));
  }
  CHECK(names.size() == std::size(sizes));
  CHECK(name_of(DType::kBF16) == "bf16");
  CHECK(name_of(DType::kBool) == "bool");
}
