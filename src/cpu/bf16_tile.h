// The innermost loop of products of bf16 numbers, summed in f32: a tile of up to 12 rows and 32 columns kept in 24
// registers of 16 sums. Each step takes two consecutive factors. To be included behind
// `#pragma GCC target("avx512f,avx512bw,avx512vl,avx512bf16")`.
#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <immintrin.h>
#include <utility>

#include "cpu/tile_output.h"

namespace mdd::cpu {

/// For gather_product.h and Winograd's products. Elements are bf16 bit patterns.
struct Bf16Tile {
  using Element = std::uint16_t;
  static constexpr std::int64_t kRows = 12, kColumns = 32, kDepth = 2;
  static constexpr std::int64_t kDepthBlock = 384;  ///< a panel of filters stays in the first cache
  static constexpr std::int64_t kPitch = kDepthBlock + 32;
  template <class Value>
  using Output = TileOutput<kRows, Value>;
  struct Segment {
    const Element* b;    ///< [count / 2][32][2]
    std::int64_t count;  ///< even
  };

  /// Rounds to the nearest, ties to even.
  static __m256i round(const float* from) {
    return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(_mm512_loadu_ps(from)));
  }
  static __m512 load(const float* from) { return _mm512_loadu_ps(from); }
  static __m512 load(const Element* from) {
    const __m512i bits = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
    return _mm512_castsi512_ps(_mm512_slli_epi32(bits, 16));
  }
  static void gather(const float* from, std::int64_t count, Element* to) {
    for (std::int64_t k = 0; k < count; k += 16)
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + k), round(from + k));
  }
  static void gather(const Element* from, std::int64_t count, Element* to) {
    std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(Element));
  }
  template <class Value>
  static void multiply(int rows, const Element* a, std::int64_t pitch, const Segment* segments, std::int64_t count,
                       const Output<Value>& out) {
    using Function = void (*)(const Element*, std::int64_t, const Segment*, std::int64_t, const Output<Value>&);
    constexpr auto kBySize = []<int... I>(std::integer_sequence<int, I...>) {
      return std::array<Function, kRows>{&multiply_rows<I + 1, Value>...};
    }
    (std::make_integer_sequence<int, kRows>());
    kBySize[static_cast<std::size_t>(rows - 1)](a, pitch, segments, count, out);
  }

 private:
  static __m512bh pair(const Element* at) {
    std::int32_t bits = 0;
    std::memcpy(&bits, at, sizeof bits);
    return reinterpret_cast<__m512bh>(_mm512_set1_epi32(bits));
  }

  /// The 32 columns of a row.
  static void write(float* c, __m512 first, __m512 second, bool stream) {
    if (stream) {
      _mm512_stream_ps(c, first);
      _mm512_stream_ps(c + 16, second);
    } else {
      _mm512_storeu_ps(c, first);
      _mm512_storeu_ps(c + 16, second);
    }
  }
  static void write(Element* c, __m512 first, __m512 second, bool stream) {
    const auto both = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(second, first));
    if (stream) {
      _mm512_stream_si512(reinterpret_cast<__m512i*>(c), both);
    } else {
      _mm512_storeu_si512(c, both);
    }
  }

  template <int Rows, class Value>
  static void multiply_rows(const Element* a, std::int64_t pitch, const Segment* segments, std::int64_t count,
                            const Output<Value>& out) {
    __m512 sums[Rows][2];  // in registers, if every loop over them is unrolled
#pragma GCC unroll 12
    for (int i = 0; i < Rows; ++i) sums[i][0] = sums[i][1] = _mm512_setzero_ps();
    for (std::int64_t s = 0; s < count; ++s) {
      const Element* b = segments[s].b;
      // Every third row has a pointer: from there, an address reaches two further ones.
      const Element* thirds[(Rows + 2) / 3];
#pragma GCC unroll 4
      for (int i = 0; i < (Rows + 2) / 3; ++i) thirds[i] = a + 3 * i * pitch;
      for (const Element* const end = a + segments[s].count; thirds[0] < end; b += kDepth * kColumns) {
        const auto b0 = reinterpret_cast<__m512bh>(_mm512_loadu_si512(b));
        const auto b1 = reinterpret_cast<__m512bh>(_mm512_loadu_si512(b + 32));
#pragma GCC unroll 12
        for (int i = 0; i < Rows; ++i) {
          const __m512bh factors = pair(thirds[i / 3] + i % 3 * pitch);
          sums[i][0] = _mm512_dpbf16_ps(sums[i][0], factors, b0);
          sums[i][1] = _mm512_dpbf16_ps(sums[i][1], factors, b1);
        }
#pragma GCC unroll 4
        for (int i = 0; i < (Rows + 2) / 3; ++i) thirds[i] += kDepth;
      }
      a += segments[s].count;
    }
#pragma GCC unroll 12
    for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 2
      for (int half = 0; half < 2; ++half) {
        __m512& value = sums[i][half];
        if (out.continues) value = _mm512_add_ps(value, _mm512_loadu_ps(out.sums[i] + 16 * half));
        if (!out.ends) {
          _mm512_storeu_ps(out.sums[i] + 16 * half, value);
          continue;
        }
        if (out.bias != nullptr) value = _mm512_add_ps(value, _mm512_loadu_ps(out.bias + 16 * half));
        if (out.has_residual) value = _mm512_add_ps(value, load(out.residual[i] + 16 * half));
        if (out.relu) value = _mm512_max_ps(value, _mm512_setzero_ps());
      }
      if (out.ends) write(out.c[i], sums[i][0], sums[i][1], out.stream);
    }
  }
};

}  // namespace mdd::cpu
