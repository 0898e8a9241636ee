#include "cpu/winograd.h"

#include <algorithm>
#include <array>

#include "cpu/parallel.h"  // before other instructions are allowed: its functions are shared
#include "cpu/processor.h"

#pragma GCC push_options
#pragma GCC target("avx2,fma")
#include "cpu/matrix_tile.h"
#include "cpu/winograd_forward.h"

namespace mdd::cpu {
namespace {

constexpr std::int64_t kBytes = sizeof(float);
constexpr std::int64_t kDepthBlock = 256;  ///< of a sum: a panel of 16 columns stays in the first cache
static_assert(kPanelWidth == kTileColumns);

/// Eight floats.
struct FloatLane {
  using Vector = __m256;
  using Element = float;
  static constexpr std::int64_t kWidth = 8;
  static Vector load(const float* from) { return _mm256_loadu_ps(from); }
  static void store(float* to, Vector value) { _mm256_storeu_ps(to, value); }
  static Vector positive(Vector value) { return _mm256_max_ps(value, Vector{}); }
};

struct FloatKernel {
  using Lane = FloatLane;
  using Element = float;
  static constexpr std::int64_t kRows = kTileRows, kColumns = kTileColumns;

  /// Long sums in pieces. What follows the panel in memory is fetched meanwhile: it is wanted next.
  static void multiply_rows(const float* a, std::int64_t pitch_a, std::int64_t rows, std::int64_t depth,
                            const float* panel, bool accumulate, float* c, std::int64_t pitch_c) {
    for (std::int64_t k = 0; k < depth; k += kDepthBlock) {
      TileOutput<kTileRows, float> out{};
      out.continues = accumulate || k > 0;
      for (std::int64_t i = 0; i < rows; i += kTileRows) {
        const int count = static_cast<int>(std::min<std::int64_t>(kTileRows, rows - i));
        TileSegment segment{{}, panel + k * kTileColumns, std::min(kDepthBlock, depth - k)};
        for (std::int64_t j = i * segment.count / rows; j < std::min(rows, i + kTileRows) * segment.count / rows; ++j) {
          _mm_prefetch(reinterpret_cast<const char*>(segment.b + (segment.count + j) * kTileColumns), _MM_HINT_T1);
        }
        for (int r = 0; r < count; ++r) {
          segment.a[r] = a + (i + r) * pitch_a + k;
          out.sums[r] = c + (i + r) * pitch_c;
        }
        multiply_tile<true>(count, &segment, 1, 1, out);
      }
    }
  }
};

/// [column][row] of an 8x8 block: rows become columns.
void transpose(__m256 (&rows)[8]) {
  __m256 pairs[8], quads[8];
  for (int i = 0; i < 8; i += 2) {
    pairs[i] = _mm256_unpacklo_ps(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm256_unpackhi_ps(rows[i], rows[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    quads[i] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0x44);
    quads[i + 1] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0xEE);
    quads[i + 2] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0x44);
    quads[i + 3] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0xEE);
  }
  for (int i = 0; i < 4; ++i) {
    rows[i] = _mm256_permute2f128_ps(quads[i], quads[i + 4], 0x20);
    rows[i + 4] = _mm256_permute2f128_ps(quads[i], quads[i + 4], 0x31);
  }
}

/// G w G^T of eight filters at once: w(r, s) gives the vector of tap (r, s); store(p, v) takes position p.
template <class Load, class Store>
void transform_filter(const Load& w, const Store& store) {
  __m256 half[6][3];
  for (int s = 0; s < 3; ++s) {
    const __m256 line[3] = {w(0, s), w(1, s), w(2, s)};
    __m256 result[6];
    winograd::filter(line, result);
    for (int i = 0; i < 6; ++i) half[i][s] = result[i];
  }
  for (int i = 0; i < 6; ++i) {
    __m256 result[6];
    winograd::filter(half[i], result);
    for (int j = 0; j < 6; ++j) store(i * 6 + j, result[j]);
  }
}

/// The same for stride 2; filters in the order of DoubleStride::filter.
template <class Load, class Store>
void transform_strided_filter(const Load& w, const Store& store) {
  __m256 first[5], last[5], result[5];
  winograd::odd_filter(w(0, 0), w(2, 0), first);
  winograd::odd_filter(w(0, 2), w(2, 2), last);
  for (std::int64_t i = 0; i < 5; ++i) {
    winograd::odd_filter(first[i], last[i], result);
    for (std::int64_t j = 0; j < 5; ++j) store(i * 5 + j, result[j]);
  }
  winograd::odd_filter(w(0, 1), w(2, 1), result);
  for (std::int64_t i = 0; i < 5; ++i) store(25 + i, result[i]);
  winograd::odd_filter(w(1, 0), w(1, 2), result);
  for (std::int64_t j = 0; j < 5; ++j) store(30 + j, result[j]);
  store(35, w(1, 1));
}

}  // namespace

bool winograd_pays(const ConvolutionGeometry& geometry, const Shape& x, std::int64_t outputs) {
  if (geometry.kernel != 3 || geometry.padding != 1 || geometry.stride > 2 || !has_fused_multiply_add()) return false;
  const WinogradShape shape{x[0], x[1], x[2], x[3], outputs, geometry.stride};
  return x[3] % kTileColumns == 0 && outputs % kTileColumns == 0 && shape.tiles() >= 12;
}

const float* Winograd::prepare_forward(const WinogradShape& shape, const float* w, FloatBuffer& filters) {
  const std::int64_t in = shape.inputs, out = shape.outputs;
  float* const values = filters.reserve(kWinogradFilters * in * out);
  // Eight filters of eight channels: their transposes let a vector hold eight outputs of one channel.
#pragma omp parallel for schedule(static)
  for (std::int64_t k = 0; k < out; k += 8) {
    float* const panel = values + k / kTileColumns * kTileColumns * in + k % kTileColumns;
    for (std::int64_t c = 0; c < in; c += 8) {
      __m256 taps[9][8];
      for (int tap = 0; tap < 9; ++tap) {
        for (int i = 0; i < 8; ++i) taps[tap][i] = _mm256_loadu_ps(w + ((k + i) * 9 + tap) * in + c);
        transpose(taps[tap]);
      }
      for (int i = 0; i < 8; ++i) {
        const auto load = [&](int r, int s) { return taps[r * 3 + s][i]; };
        const auto store = [&](std::int64_t p, __m256 v) {
          _mm256_storeu_ps(panel + p * in * out + (c + i) * kTileColumns, v);
        };
        if (shape.stride == 1) {
          transform_filter(load, store);
        } else {
          transform_strided_filter(load, store);
        }
      }
    }
  }
  return values;
}

const float* Winograd::prepare_backward_data(const WinogradShape& shape, const float* w, FloatBuffer& filters) {
  const std::int64_t in = shape.inputs, out = shape.outputs;  // of the data gradient: w is [in,3,3,out]
  float* const values = filters.reserve(kWinogradFilters * in * out);
#pragma omp parallel for schedule(static)
  for (std::int64_t c = 0; c < out; c += 8) {
    float* const panel = values + c / kTileColumns * kTileColumns * in + c % kTileColumns;
    for (std::int64_t k = 0; k < in; ++k) {
      transform_filter([&](int r, int s) { return _mm256_loadu_ps(w + (k * 9 + 8 - (r * 3 + s)) * out + c); },
                       [&](std::int64_t p, __m256 v) { _mm256_storeu_ps(panel + p * in * out + k * kTileColumns, v); });
    }
  }
  return values;
}

void Winograd::forward(const WinogradShape& shape, const float* x, const float* filters,
                       const MapEpilogue<float>& epilogue, float* y) {
  winograd_forward<FloatKernel>(shape, x, filters, epilogue, y, inputs_, products_);
}

void Winograd::backward_weights(const WinogradShape& shape, const float* x, const float* dy, float* dw) {
  const std::int64_t in = shape.inputs, out = shape.outputs, tiles = shape.tiles();
  const std::int64_t block = tiles_per_block(tiles, kWinogradFilters * (in + out) * kBytes, kTileRows);
  // Both in panels [channels / 16][tile][16]; sums [position][out][in].
  const std::int64_t input_plane = plane_of(block * in), gradient_plane = plane_of(block * out);
  float* const inputs = inputs_.reserve(kWinogradFilters * input_plane);
  float* const gradients = gradients_.reserve(kWinogradFilters * gradient_plane);
  float* const sums = products_.reserve(kWinogradFilters * in * out);
  const std::int64_t panels = in / kTileColumns;
#pragma omp parallel
  {
    for (std::int64_t first = 0; first < tiles; first += block) {
      const std::int64_t count = std::min(block, tiles - first);
#pragma omp for schedule(static) nowait
      for (std::int64_t t = 0; t < count; ++t) {
        transform_tile<FloatLane, TileSource::kInput>(shape, in, x, place(shape, first + t), inputs + t * kTileColumns,
                                                      input_plane, block * kTileColumns);
      }
#pragma omp for schedule(static)
      for (std::int64_t t = 0; t < count; ++t) {
        transform_tile<FloatLane, TileSource::kGradient>(shape, out, dy, place(shape, first + t),
                                                         gradients + t * kTileColumns, gradient_plane,
                                                         block * kTileColumns);
      }
#pragma omp for schedule(static)
      for (std::int64_t task = 0; task < kWinogradFilters * panels; ++task) {
        const std::int64_t p = task / panels, panel = task % panels;
        TileOutput<kTileRows, float> to{};
        to.continues = first > 0;
        TileSegment segment{{}, inputs + p * input_plane + panel * block * kTileColumns, count};
        for (std::int64_t k = 0; k < out;) {
          // Six, six and four rows of a panel of 16.
          const std::int64_t within = k % kTileColumns;
          const int rows = static_cast<int>(std::min<std::int64_t>(kTileRows, kTileColumns - within));
          for (int i = 0; i < rows; ++i) {
            segment.a[i] = gradients + p * gradient_plane + (k - within) * block + within + i;
            to.sums[i] = sums + (p * out + k + i) * in + panel * kTileColumns;
          }
          multiply_tile<false>(rows, &segment, 1, kTileColumns, to);
          k += rows;
        }
      }
    }
#pragma omp for schedule(static)
    for (std::int64_t k = 0; k < out; ++k) {
      for (std::int64_t c = 0; c < in; c += 8) {
        __m256 half[3][6];
        for (std::int64_t j = 0; j < 6; ++j) {
          __m256 line[6], result[3];
          for (std::int64_t i = 0; i < 6; ++i) line[i] = _mm256_loadu_ps(sums + ((i * 6 + j) * out + k) * in + c);
          winograd::filter_gradient(line, result);
          for (int i = 0; i < 3; ++i) half[i][j] = result[i];
        }
        for (std::int64_t i = 0; i < 3; ++i) {
          __m256 result[3];
          winograd::filter_gradient(half[i], result);
          for (std::int64_t j = 0; j < 3; ++j) _mm256_storeu_ps(dw + (k * 9 + i * 3 + j) * in + c, result[j]);
        }
      }
    }
  }
}

}  // namespace mdd::cpu
#pragma GCC pop_options
