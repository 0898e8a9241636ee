// The innermost loop of our own products: a tile of up to 6 rows and 16 columns kept in registers (12 vectors of 8,
// which hides the latency of two multipliers), for processors with AVX2 and FMA. To be included behind
// `#pragma GCC target("avx2,fma")`.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <immintrin.h>

#include "cpu/tile_output.h"

namespace mdd::cpu {

inline constexpr int kTileRows = 6;
inline constexpr std::int64_t kTileColumns = 16;

/// A stretch of the sum: for k below `count`, a(i, k) = a[i][k * depth] and b(k, j) = b[k * 16 + j].
struct TileSegment {
  const float* a[kTileRows];
  const float* b;
  std::int64_t count;
};

/// The tile's `Rows` rows. `depth`: distance of a row's consecutive factors, 1 if UnitDepth.
template <int Rows, bool UnitDepth>
inline void multiply_tile(const TileSegment* segments, std::int64_t count, std::int64_t depth,
                          const TileOutput<kTileRows, float>& out) {
  __m256 sums[Rows][2];  // in registers, if every loop over them is unrolled
#pragma GCC unroll 6
  for (int i = 0; i < Rows; ++i) sums[i][0] = sums[i][1] = _mm256_setzero_ps();
  for (std::int64_t s = 0; s < count; ++s) {
    const TileSegment& segment = segments[s];
    const float* b = segment.b;
    const float* a[Rows];
#pragma GCC unroll 6
    for (int i = 0; i < Rows; ++i) a[i] = segment.a[i];
    const std::int64_t end = UnitDepth ? segment.count : segment.count * depth;
    for (std::int64_t k = 0; k < end; k += UnitDepth ? 1 : depth, b += kTileColumns) {
      const __m256 b0 = _mm256_loadu_ps(b), b1 = _mm256_loadu_ps(b + 8);
#pragma GCC unroll 6
      for (int i = 0; i < Rows; ++i) {
        const __m256 factor = _mm256_broadcast_ss(a[i] + k);
        sums[i][0] = _mm256_fmadd_ps(factor, b0, sums[i][0]);
        sums[i][1] = _mm256_fmadd_ps(factor, b1, sums[i][1]);
      }
    }
  }
#pragma GCC unroll 6
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 2
    for (int half = 0; half < 2; ++half) {
      __m256 value = sums[i][half];
      if (out.continues) value = _mm256_add_ps(value, _mm256_loadu_ps(out.sums[i] + 8 * half));
      if (!out.ends) {
        _mm256_storeu_ps(out.sums[i] + 8 * half, value);
        continue;
      }
      if (out.bias != nullptr) value = _mm256_add_ps(value, _mm256_loadu_ps(out.bias + 8 * half));
      if (out.has_residual) value = _mm256_add_ps(value, _mm256_loadu_ps(out.residual[i] + 8 * half));
      if (out.relu) value = _mm256_max_ps(value, _mm256_setzero_ps());
      _mm256_storeu_ps(out.c[i] + 8 * half, value);
    }
  }
}

/// The same for a number of rows that is known only at run time, 1 to 6.
template <bool UnitDepth>
inline void multiply_tile(int rows, const TileSegment* segments, std::int64_t count, std::int64_t depth,
                          const TileOutput<kTileRows, float>& out) {
  switch (rows) {
    case 1:
      return multiply_tile<1, UnitDepth>(segments, count, depth, out);
    case 2:
      return multiply_tile<2, UnitDepth>(segments, count, depth, out);
    case 3:
      return multiply_tile<3, UnitDepth>(segments, count, depth, out);
    case 4:
      return multiply_tile<4, UnitDepth>(segments, count, depth, out);
    case 5:
      return multiply_tile<5, UnitDepth>(segments, count, depth, out);
    default:
      return multiply_tile<6, UnitDepth>(segments, count, depth, out);
  }
}

/// For gather_product.h.
struct MatrixTile {
  using Element = float;
  template <class Value>
  using Output = TileOutput<kTileRows, Value>;
  static constexpr std::int64_t kRows = kTileRows, kColumns = kTileColumns, kDepth = 1;
  static constexpr std::int64_t kDepthBlock = 384;  ///< a panel of filters stays in the first cache
  static constexpr std::int64_t kPitch = kDepthBlock + 16;
  struct Segment {
    const Element* b;
    std::int64_t count;
  };
  static void gather(const float* from, std::int64_t count, Element* to) {
    std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(float));
  }
  static void multiply(int rows, const Element* a, std::int64_t pitch, const Segment* segments, std::int64_t count,
                       const Output<float>& out) {
    TileSegment with_rows[16];
    for (std::int64_t s = 0; s < count; a += segments[s++].count) {
      with_rows[s].b = segments[s].b;
      with_rows[s].count = segments[s].count;
      for (int i = 0; i < rows; ++i) with_rows[s].a[i] = a + i * pitch;
    }
    multiply_tile<true>(rows, with_rows, count, 1, out);
  }
};

}  // namespace mdd::cpu
