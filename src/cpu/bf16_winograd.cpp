#include "cpu/bf16_winograd.h"

#include <algorithm>
#include <array>
#include <utility>

#include "cpu/parallel.h"  // before other instructions are allowed: its functions are shared
#include "cpu/processor.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512bf16")
#include "cpu/bf16_tile.h"
#include "cpu/winograd_forward.h"

namespace mdd::cpu {
namespace {

constexpr std::int64_t kColumns = Bf16Tile::kColumns;
constexpr std::int64_t kDepthBlock = 256;  ///< of a sum: a panel of 32 columns stays in the first cache

/// Sixteen floats, kept as bf16 between the transforms.
struct Bf16Lane {
  using Vector = __m512;
  using Element = std::uint16_t;
  static constexpr std::int64_t kWidth = 16;
  static Vector load(const float* from) { return _mm512_loadu_ps(from); }
  static Vector load(const Element* from) { return Bf16Tile::load(from); }
  static void store(float* to, Vector value) { _mm512_storeu_ps(to, value); }
  static void store(Element* to, Vector value) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(value)));
  }
  static Vector positive(Vector value) { return _mm512_max_ps(value, Vector{}); }
};

struct Bf16Kernel {
  using Lane = Bf16Lane;
  using Element = Bf16Tile::Element;
  static constexpr std::int64_t kRows = Bf16Tile::kRows, kColumns = Bf16Tile::kColumns;

  /// Long sums in pieces. What follows the panel in memory is fetched meanwhile: it is wanted next.
  static void multiply_rows(const Element* a, std::int64_t pitch_a, std::int64_t rows, std::int64_t depth,
                            const Element* panel, bool accumulate, float* c, std::int64_t pitch_c) {
    constexpr std::int64_t kLine = 64 / static_cast<std::int64_t>(sizeof(Element));
    for (std::int64_t k = 0; k < depth; k += kDepthBlock) {
      Bf16Tile::Output<float> out{};
      out.continues = accumulate || k > 0;
      const Bf16Tile::Segment segment{panel + k * kColumns, std::min(kDepthBlock, depth - k)};
      const std::int64_t lines = segment.count * kColumns / kLine;
      for (std::int64_t i = 0; i < rows; i += kRows) {
        const std::int64_t count = std::min(kRows, rows - i);
        for (std::int64_t j = i * lines / rows; j < (i + count) * lines / rows; ++j) {
          _mm_prefetch(reinterpret_cast<const char*>(segment.b + (lines + j) * kLine), _MM_HINT_T1);
        }
        for (std::int64_t r = 0; r < count; ++r) out.sums[r] = c + (i + r) * pitch_c;
        Bf16Tile::multiply(static_cast<int>(count), a + i * pitch_a + k, pitch_a, &segment, 1, out);
      }
    }
  }
};

}  // namespace

bool bf16_winograd_pays(const WinogradShape& shape) {
  return has_bf16_products() && shape.inputs % kColumns == 0 && shape.outputs % kColumns == 0;
}

const float* Bf16Winograd::pack(const WinogradShape& shape, const float* prepared, FloatBuffer& filters) {
  const std::int64_t in = shape.inputs, panels = shape.outputs / kColumns;
  float* const values = filters.reserve(kWinogradFilters * in * shape.outputs / 2);
#pragma omp parallel for schedule(static)
  for (std::int64_t panel = 0; panel < kWinogradFilters * panels; ++panel) {
    for (std::int64_t half = 0; half < 2; ++half) {
      const float* const from = prepared + (panel * 2 + half) * in * kPanelWidth;
      float* const to = values + panel * in * kPanelWidth + half * kPanelWidth;
      for (std::int64_t c = 0; c < in; c += 2) {
        const __m512i low = _mm512_cvtepu16_epi32(Bf16Tile::round(from + c * kPanelWidth));
        const __m512i high = _mm512_cvtepu16_epi32(Bf16Tile::round(from + (c + 1) * kPanelWidth));
        _mm512_storeu_si512(to + c * kPanelWidth, _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
      }
    }
  }
  return values;
}

template <class Value>
void Bf16Winograd::forward(const WinogradShape& shape, const Value* x, const float* filters,
                           const MapEpilogue<Value>& epilogue, Value* y) {
  winograd_forward<Bf16Kernel>(shape, x, reinterpret_cast<const std::uint16_t*>(filters), epilogue, y, inputs_,
                               products_);
}

template void Bf16Winograd::forward(const WinogradShape&, const float*, const float*, const MapEpilogue<float>&,
                                    float*);
template void Bf16Winograd::forward(const WinogradShape&, const Bf16*, const float*, const MapEpilogue<Bf16>&, Bf16*);

}  // namespace mdd::cpu
#pragma GCC pop_options
