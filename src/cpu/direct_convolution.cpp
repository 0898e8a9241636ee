#include "cpu/direct_convolution.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <omp.h>
#include <vector>

#include "cpu/parallel.h"  // before other instructions are allowed: its functions are shared
#include "cpu/processor.h"

#pragma GCC push_options
#pragma GCC target("avx2,fma")
#include "cpu/gather_product.h"
#include "cpu/matrix_tile.h"

namespace mdd::cpu {
namespace {

using Product = GatherProduct<MatrixTile, float>;

constexpr std::int64_t kGradientBlock = 256;  ///< positions that a weight gradient sums at a time: they stay in cache
alignas(64) constexpr float kOutside[kTileColumns] = {};  ///< what positions outside a map hold

/// to[i][0 .. 15] = from(i)[0 .. 15].
template <class From>
void copy_panel(float* to, std::int64_t count, const From& from) {
  for (std::int64_t i = 0; i < count; ++i) std::memcpy(to + i * kTileColumns, from(i), kTileColumns * sizeof(float));
}

/// The map x [N,H,W,C] with `border` rows and columns of zeros around each image.
Product::Map with_border(const Shape& x, const float* data, std::int64_t border, FloatBuffer& buffer) {
  const std::int64_t height = x[1] + 2 * border, width = x[2] + 2 * border, pitch = width * x[3];
  float* const padded = buffer.reserve(x[0] * height * pitch);
  std::memset(padded, 0, static_cast<std::size_t>(x[0] * height * pitch) * sizeof(float));
#pragma omp parallel for collapse(2) schedule(static)
  for (std::int64_t n = 0; n < x[0]; ++n) {
    for (std::int64_t y = 0; y < x[1]; ++y) {
      std::memcpy(padded + (n * height + y + border) * pitch + border * x[3], data + (n * x[1] + y) * x[2] * x[3],
                  static_cast<std::size_t>(x[2] * x[3]) * sizeof(float));
    }
  }
  return {padded, height * pitch, pitch, x[3], height, width};
}

bool is_stem(const ConvolutionGeometry& geometry, std::int64_t channels) {
  return geometry.kernel == 7 && geometry.stride == 2 && channels == 3;
}

}  // namespace

bool direct_pays(const DirectProblem& problem, bool transposed) {
  const std::int64_t kernel = problem.geometry.kernel;
  if (!has_fused_multiply_add() || problem.narrow[3] % kTileColumns != 0) return false;
  if (has_wider_vectors() && !transposed) return false;
  if (is_stem(problem.geometry, problem.wide[3])) return true;
  return problem.wide[3] % kTileColumns == 0 && kernel * kernel <= kMaximumTaps;
}

const float* DirectConvolution::pack_narrowing(const DirectProblem& problem, const float* w, FloatBuffer& filters) {
  // The stem's rows of seven positions are contiguous: seven taps of 21 inputs.
  const bool stem = is_stem(problem.geometry, problem.wide[3]);
  const std::int64_t kernel = problem.geometry.kernel;
  const std::int64_t taps = stem ? kernel : kernel * kernel;
  const std::int64_t in = stem ? kernel * problem.wide[3] : problem.wide[3], out = problem.narrow[3];
  float* const values = filters.reserve(taps * in * out);
#pragma omp parallel for collapse(2) schedule(static)
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    for (std::int64_t panel = 0; panel < out / kTileColumns; ++panel) {
      float* const to = values + (tap * out + panel * kTileColumns) * in;
      for (std::int64_t c = 0; c < in; ++c) {
        const float* const from = w + (panel * kTileColumns * taps + tap) * in + c;
        for (std::int64_t k = 0; k < kTileColumns; ++k) to[c * kTileColumns + k] = from[k * taps * in];
      }
    }
  }
  return values;
}

const float* DirectConvolution::pack_widening(const DirectProblem& problem, const float* w, FloatBuffer& filters) {
  const std::int64_t taps = problem.geometry.kernel * problem.geometry.kernel;
  const std::int64_t in = problem.narrow[3], out = problem.wide[3];
  float* const values = filters.reserve(taps * in * out);
#pragma omp parallel for collapse(2) schedule(static)
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    for (std::int64_t panel = 0; panel < out / kTileColumns; ++panel) {
      float* const to = values + (tap * out + panel * kTileColumns) * in;
      for (std::int64_t k = 0; k < in; ++k) {
        std::memcpy(to + k * kTileColumns, w + (k * taps + tap) * out + panel * kTileColumns,
                    kTileColumns * sizeof(float));
      }
    }
  }
  return values;
}

void DirectConvolution::narrow(const DirectProblem& problem, const float* wide, const float* filters,
                               const MapEpilogue<float>& epilogue, float* narrow) {
  Product product = Product::narrowing(problem, wide, filters, narrow);
  const std::int64_t kernel = problem.geometry.kernel, channels = problem.wide[3];
  if (is_stem(problem.geometry, channels)) {
    product.source = with_border(problem.wide, wide, problem.geometry.padding, padded_);
    product.inputs = kernel * channels;
    product.tap_count = kernel;
    for (std::int64_t r = 0; r < kernel; ++r) {
      product.taps[static_cast<std::size_t>(r)] = {r, 0, filters + r * product.inputs * product.outputs};
    }
  }
  product.run(epilogue, blocks_);
}

void DirectConvolution::widen(const DirectProblem& problem, const float* narrow, const float* filters,
                              const MapEpilogue<float>& epilogue, float* wide) {
  widen_all<MatrixTile>(problem, narrow, filters, epilogue, blocks_, wide);
}

void DirectConvolution::weight_gradient(const DirectProblem& problem, const float* wide, const float* narrow,
                                        float* dw) {
  const ConvolutionGeometry& geometry = problem.geometry;
  const Shape &x = problem.wide, &y = problem.narrow;
  const Product::Map source = Product::map_of(x, wide);
  const std::int64_t kernel = geometry.kernel, taps = kernel * kernel, in = x[3], out = y[3];
  const std::int64_t positions = y[0] * y[1] * y[2], panels = in / kTileColumns;
  // Both factors in panels [channels / 16][position][16] of one block of positions: theirs lie a channel count apart,
  // often a power of two, on which caches collide.
  float* const rows = rows_.reserve(out * kGradientBlock);
#pragma omp parallel
  for (std::int64_t first = 0; first < positions; first += kGradientBlock) {
    const std::int64_t count = std::min(kGradientBlock, positions - first);
#pragma omp for schedule(static)
    for (std::int64_t panel = 0; panel < out / kTileColumns; ++panel) {
      copy_panel(rows + panel * kGradientBlock * kTileColumns, count,
                 [&](std::int64_t i) { return narrow + (first + i) * out + panel * kTileColumns; });
    }
#pragma omp for collapse(2) schedule(static)
    for (std::int64_t tap = 0; tap < taps; ++tap) {
      for (std::int64_t panel = 0; panel < panels; ++panel) {
        alignas(64) float columns[kGradientBlock * kTileColumns];
        copy_panel(columns, count, [&](std::int64_t i) {
          const std::int64_t line = (first + i) / y[2], q = (first + i) % y[2];
          const float* const at =
              source.at(line / y[1], line % y[1] * geometry.stride + tap / kernel - geometry.padding,
                        q * geometry.stride + tap % kernel - geometry.padding);
          return at != nullptr ? at + panel * kTileColumns : kOutside;
        });
        TileOutput<kTileRows, float> to{};
        to.continues = first > 0;
        TileSegment segment{{}, columns, count};
        for (std::int64_t k = 0; k < out;) {
          // Six, six and four rows of a panel of 16.
          const std::int64_t within = k % kTileColumns;
          const int tile = static_cast<int>(std::min<std::int64_t>(kTileRows, kTileColumns - within));
          for (int i = 0; i < tile; ++i) {
            segment.a[i] = rows + (k - within) * kGradientBlock + within + i;
            to.sums[i] = dw + ((k + i) * taps + tap) * in + panel * kTileColumns;
          }
          multiply_tile<false>(tile, &segment, 1, kTileColumns, to);
          k += tile;
        }
      }
    }
  }
}

}  // namespace mdd::cpu
#pragma GCC pop_options
