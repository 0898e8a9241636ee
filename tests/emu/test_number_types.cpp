// The 16-bit number types of the emulator against the project's own conversions (core/dtype.h), every value.
#include <bit>
#include <cmath>
#include <doctest/doctest.h>

#include "core/dtype.h"
#include "cuda/kernels/simt.h"

namespace {

/// Bit patterns of f32 around every place where rounding to 16 bits may turn.
template <class Check>
void each_turning_point(const Check& check) {
  for (unsigned upper = 0; upper < 0x10000u; ++upper) {
    for (const unsigned lower :
         {0u, 1u, 0x0fffu, 0x1000u, 0x1001u, 0x2000u, 0x3000u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu}) {
      check(std::bit_cast<float>(upper << 16 | lower));
    }
  }
}

}  // namespace

TEST_CASE("half") {
  int wrong = 0;
  for (unsigned bits = 0; bits < 0x10000u; ++bits) {
    const auto half = static_cast<unsigned short>(bits);
    const float here = __half2float(__ushort_as_half(half)), there = mdd::float_from_half(half);
    wrong +=
        std::bit_cast<unsigned>(here) != std::bit_cast<unsigned>(there) && !(std::isnan(here) && std::isnan(there));
  }
  each_turning_point([&](float value) {
    const unsigned short here = __half_as_ushort(__float2half(value));
    wrong += std::isnan(value) ? here != 0x7fff : here != mdd::half_from_float(value);
  });
  CHECK(wrong == 0);
  CHECK(static_cast<float>(__half(2048) + __half(1)) == 2048.0f);  // ties to even
}

TEST_CASE("bfloat16") {
  int wrong = 0;
  for (unsigned bits = 0; bits < 0x10000u; ++bits) {
    const auto value = static_cast<unsigned short>(bits);
    wrong += std::bit_cast<unsigned>(__bfloat162float(__ushort_as_bfloat16(value))) != bits << 16;
  }
  each_turning_point([&](float value) {
    const unsigned short here = __bfloat16_as_ushort(__float2bfloat16(value));
    wrong += std::isnan(value) ? here != 0x7fff : here != mdd::bfloat16_from_float(value);
  });
  CHECK(wrong == 0);
  CHECK(static_cast<float>(__nv_bfloat16(256) + __nv_bfloat16(1)) == 256.0f);  // ties to even
}

TEST_CASE("device mathematics") {
  CHECK(__clz(0) == 32);
  CHECK(__clz(1) == 31);
  CHECK(__ffs(0) == 0);
  CHECK(__ffs(8) == 4);
  CHECK(__popc(0xf0f0u) == 8);
  CHECK(__brev(1u) == 0x80000000u);
  CHECK(__umulhi(0xffffffffu, 16u) == 15u);
  CHECK(rsqrtf(4.0f) == 0.5f);
  CHECK(fmaxf(NAN, 1.0f) == 1.0f);
  CHECK(max(NAN, 1.0f) == 1.0f);
  CHECK(min(3u, 2u) == 2u);
  CHECK(__float2int_rn(2.5f) == 2);
  CHECK(__uint_as_float(__float_as_uint(-1.25f)) == -1.25f);
  CHECK(sizeof(float4) == 16);
  CHECK(alignof(float4) == 16);
  CHECK(alignof(uchar4) == 4);
  CHECK(sizeof(float3) == 12);
}
