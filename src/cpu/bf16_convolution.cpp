#include "cpu/bf16_convolution.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "cpu/parallel.h"  // before other instructions are allowed: its functions are shared
#include "cpu/processor.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512bf16")
#include "cpu/bf16_tile.h"
#include "cpu/gather_product.h"

namespace mdd::cpu {
namespace {

using Element = Bf16Tile::Element;
constexpr std::int64_t kColumns = Bf16Tile::kColumns;

const Element* elements_of(const float* filters) { return reinterpret_cast<const Element*>(filters); }

}  // namespace

bool bf16_pays(const DirectProblem& problem) {
  const std::int64_t kernel = problem.geometry.kernel;
  return has_bf16_products() && problem.wide[3] % kColumns == 0 && problem.narrow[3] % kColumns == 0 &&
         kernel * kernel <= kMaximumTaps;
}

const float* Bf16Convolution::pack_narrowing(const DirectProblem& problem, const float* w, FloatBuffer& filters) {
  const std::int64_t taps = problem.geometry.kernel * problem.geometry.kernel;
  const std::int64_t in = problem.wide[3], out = problem.narrow[3];
  float* const values = filters.reserve(taps * in * out / 2);
#pragma omp parallel for collapse(2) schedule(static)
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    for (std::int64_t panel = 0; panel < out / kColumns; ++panel) {
      float* to = values + (tap * out + panel * kColumns) * in / 2;  // pairs
      for (std::int64_t c = 0; c < in; c += 16) {
        alignas(64) float pairs[kColumns][8];
        for (std::int64_t k = 0; k < kColumns; ++k) {
          _mm256_store_si256(reinterpret_cast<__m256i*>(pairs[k]),
                             Bf16Tile::round(w + ((panel * kColumns + k) * taps + tap) * in + c));
        }
        for (int pair = 0; pair < 8; ++pair, to += kColumns) {
          for (std::int64_t k = 0; k < kColumns; ++k) std::memcpy(to + k, &pairs[k][pair], sizeof(float));
        }
      }
    }
  }
  return values;
}

const float* Bf16Convolution::pack_widening(const DirectProblem& problem, const float* w, FloatBuffer& filters) {
  const std::int64_t taps = problem.geometry.kernel * problem.geometry.kernel;
  const std::int64_t in = problem.narrow[3], out = problem.wide[3];
  float* const values = filters.reserve(taps * in * out / 2);
#pragma omp parallel for collapse(2) schedule(static)
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    for (std::int64_t panel = 0; panel < out / kColumns; ++panel) {
      float* to = values + (tap * out + panel * kColumns) * in / 2;  // pairs
      for (std::int64_t k = 0; k < in; k += 2) {
        for (std::int64_t c = 0; c < kColumns; c += 16, to += 16) {
          const float* const first = w + (k * taps + tap) * out + panel * kColumns + c;
          const __m512i low = _mm512_cvtepu16_epi32(Bf16Tile::round(first));
          const __m512i high = _mm512_cvtepu16_epi32(Bf16Tile::round(first + taps * out));
          _mm512_storeu_si512(to, _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
        }
      }
    }
  }
  return values;
}

template <class Value>
void Bf16Convolution::narrow(const DirectProblem& problem, const Value* wide, const float* filters,
                             const MapEpilogue<Value>& epilogue, Value* narrow) {
  GatherProduct<Bf16Tile, Value>::narrowing(problem, wide, elements_of(filters), narrow).run(epilogue, blocks_);
}

template <class Value>
void Bf16Convolution::widen(const DirectProblem& problem, const Value* narrow, const float* filters,
                            const MapEpilogue<Value>& epilogue, Value* wide) {
  widen_all<Bf16Tile>(problem, narrow, elements_of(filters), epilogue, blocks_, wide);
}

template void Bf16Convolution::narrow(const DirectProblem&, const float*, const float*, const MapEpilogue<float>&,
                                      float*);
template void Bf16Convolution::narrow(const DirectProblem&, const Bf16*, const float*, const MapEpilogue<Bf16>&, Bf16*);
template void Bf16Convolution::widen(const DirectProblem&, const float*, const float*, const MapEpilogue<float>&,
                                     float*);
template void Bf16Convolution::widen(const DirectProblem&, const Bf16*, const float*, const MapEpilogue<Bf16>&, Bf16*);

}  // namespace mdd::cpu
#pragma GCC pop_options
