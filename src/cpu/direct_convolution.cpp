#include "cpu/direct_convolution.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "cpu/processor.h"

#pragma GCC push_options
#pragma GCC target("avx2,fma")
#include "cpu/matrix_tile.h"

namespace mdd::cpu {
namespace {

constexpr std::int64_t kDepthBlock = 384;     ///< factors of a sum at a time: their panel stays in the first cache
constexpr std::int64_t kPositionBlock = 96;   ///< positions a task: their channels stay in the second
constexpr std::int64_t kGradientBlock = 256;  ///< positions that a weight gradient sums at a time, for the same reason
constexpr std::int64_t kMaximumTaps = 9;
constexpr std::int64_t kMaximumSegments = 16;
/// What positions outside a map hold; as long as the longest stretch that is read of it.
alignas(64) constexpr float kZeros[kDepthBlock] = {};

/// A map with its distances in elements.
struct Map {
  const float* data;
  std::int64_t image, row, column;
  std::int64_t height, width;
  [[nodiscard]] const float* at(std::int64_t n, std::int64_t y, std::int64_t x) const {
    const bool inside = y >= 0 && y < height && x >= 0 && x < width;
    return inside ? data + n * image + y * row + x * column : nullptr;
  }
};

Map map_of(const Shape& s, const float* data) { return {data, s[1] * s[2] * s[3], s[2] * s[3], s[3], s[1], s[2]}; }

struct Tap {
  std::int64_t row, column;  ///< offset from stride * position
  const float* panels;       ///< [outputs / 16][inputs][16]
};

/// One gather map (see the header): `rows` x `columns` positions of each image.
struct Gather {
  Map source;
  std::int64_t stride;
  std::array<Tap, kMaximumTaps> taps;
  std::int64_t tap_count;
  std::int64_t images, rows, columns;
  std::int64_t inputs, outputs;
  // Position (n, i, j) goes to target + n * target_image + i * target_row + j * target_column.
  float* target;
  std::int64_t target_image, target_row, target_column;
};

/// A stretch of the sum over taps and inputs.
struct Stretch {
  std::int64_t tap, first, count;
};

/// The whole sum in groups of stretches, each group at most kDepthBlock factors (one tap's inputs are never mixed).
std::vector<std::vector<Stretch>> depth_groups(const Gather& g) {
  std::vector<std::vector<Stretch>> groups;
  std::int64_t room = 0;
  for (std::int64_t tap = 0; tap < g.tap_count; ++tap) {
    for (std::int64_t c = 0; c < g.inputs;) {
      const std::int64_t count = std::min(g.inputs - c, kDepthBlock);
      if (count > room || std::ssize(groups.back()) == kMaximumSegments) {
        groups.emplace_back();
        room = kDepthBlock;
      }
      groups.back().push_back({tap, c, count});
      room -= count;
      c += count;
    }
  }
  return groups;
}

/// Where the six rows of a tile begin, for every tap, and where they go.
struct TileRows {
  const float* source[kMaximumTaps][kTileRows];  ///< nullptr: outside
  std::int64_t target[kTileRows];
  int count;
};

TileRows rows_of_tile(const Gather& g, std::int64_t first, std::int64_t last) {
  TileRows out{};
  out.count = static_cast<int>(std::min<std::int64_t>(kTileRows, last - first));
  for (int i = 0; i < out.count; ++i) {
    const std::int64_t position = first + i, j = position % g.columns, line = position / g.columns;
    const std::int64_t row = line % g.rows, n = line / g.rows;
    out.target[i] = n * g.target_image + row * g.target_row + j * g.target_column;
    for (std::int64_t t = 0; t < g.tap_count; ++t) {
      const Tap& tap = g.taps[static_cast<std::size_t>(t)];
      out.source[t][i] = g.source.at(n, row * g.stride + tap.row, j * g.stride + tap.column);
    }
  }
  return out;
}

/// Positions [first, last) and panels [panel, panel_end).
void run_block(const Gather& g, const std::vector<std::vector<Stretch>>& groups, const DirectEpilogue& epilogue,
               std::int64_t first, std::int64_t last, std::int64_t panel_begin, std::int64_t panel_end) {
  std::array<TileRows, kPositionBlock / kTileRows> tiles;
  const auto tile_count = static_cast<std::size_t>((last - first + kTileRows - 1) / kTileRows);
  for (std::size_t t = 0; t < tile_count; ++t) {
    tiles[t] = rows_of_tile(g, first + static_cast<std::int64_t>(t) * kTileRows, last);
  }
  for (std::size_t group = 0; group < groups.size(); ++group) {
    const std::vector<Stretch>& stretches = groups[group];
    const bool ends = group + 1 == groups.size();
    for (std::int64_t panel = panel_begin; panel < panel_end; ++panel) {
      for (std::size_t t = 0; t < tile_count; ++t) {
        const TileRows& tile = tiles[t];
        TileSegment segments[kMaximumSegments];
        std::int64_t count = 0;
        for (const Stretch& stretch : stretches) {
          TileSegment& segment = segments[count++];
          const Tap& tap = g.taps[static_cast<std::size_t>(stretch.tap)];
          segment.b = tap.panels + (panel * g.inputs + stretch.first) * kTileColumns;
          segment.count = stretch.count;
          segment.pitch = kTileColumns;
          for (int i = 0; i < tile.count; ++i) {
            const float* const row = tile.source[stretch.tap][i];
            segment.a[i] = row != nullptr ? row + stretch.first : kZeros;
          }
        }
        TileOutput out{};
        out.accumulate = epilogue.accumulate || group > 0;
        if (ends && epilogue.bias != nullptr) out.bias = epilogue.bias + panel * kTileColumns;
        out.has_residual = ends && epilogue.residual != nullptr;
        out.relu = ends && epilogue.relu;
        for (int i = 0; i < tile.count; ++i) {
          const std::int64_t place = tile.target[i] + panel * kTileColumns;
          out.c[i] = g.target + place;
          if (out.has_residual) out.residual[i] = epilogue.residual + place;
        }
        multiply_tile<true>(tile.count, segments, count, 1, out);
      }
    }
  }
}

/// All positions of a gather map, in tasks of position blocks and, where those are few, of channels.
void run(const Gather& g, const DirectEpilogue& epilogue) {
  const std::vector<std::vector<Stretch>> groups = depth_groups(g);
  const std::int64_t positions = g.images * g.rows * g.columns, panels = g.outputs / kTileColumns;
  const std::int64_t blocks = (positions + kPositionBlock - 1) / kPositionBlock;
  constexpr std::int64_t kWantedTasks = 64;
  const std::int64_t parts = std::clamp<std::int64_t>(kWantedTasks / std::max<std::int64_t>(1, blocks), 1, panels);
  const std::int64_t panels_each = (panels + parts - 1) / parts;
#pragma omp parallel for collapse(2) schedule(static)
  for (std::int64_t block = 0; block < blocks; ++block) {
    for (std::int64_t part = 0; part < parts; ++part) {
      run_block(g, groups, epilogue, block * kPositionBlock, std::min(positions, (block + 1) * kPositionBlock),
                part * panels_each, std::min(panels, (part + 1) * panels_each));
    }
  }
}

/// to[i][0 .. 15] = from(i)[0 .. 15].
template <class From>
void copy_panel(float* to, std::int64_t count, const From& from) {
  for (std::int64_t i = 0; i < count; ++i) std::memcpy(to + i * kTileColumns, from(i), kTileColumns * sizeof(float));
}

/// The map x [N,H,W,C] with `border` rows and columns of zeros around each image.
Map with_border(const Shape& x, const float* data, std::int64_t border, FloatBuffer& buffer) {
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

bool direct_pays(const ConvolutionGeometry& geometry, const Shape& wide, std::int64_t outputs) {
  if (!has_fused_multiply_add() || has_wider_vectors() || outputs % kTileColumns != 0) return false;
  if (is_stem(geometry, wide[3])) return true;
  return wide[3] % kTileColumns == 0 && geometry.kernel * geometry.kernel <= kMaximumTaps;
}

const float* DirectConvolution::pack_narrowing(const Problem& problem, const float* w, FloatBuffer& filters) {
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

const float* DirectConvolution::pack_widening(const Problem& problem, const float* w, FloatBuffer& filters) {
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

void DirectConvolution::narrow(const Problem& problem, const float* wide, const float* filters,
                               const DirectEpilogue& epilogue, float* narrow) {
  const ConvolutionGeometry& geometry = problem.geometry;
  const Shape &from = problem.wide, &to = problem.narrow;
  Gather g{};
  g.source = map_of(from, wide);
  g.stride = geometry.stride;
  g.images = from[0];
  g.rows = to[1];
  g.columns = to[2];
  g.inputs = from[3];
  g.outputs = to[3];
  g.target = narrow;
  g.target_column = to[3];
  g.target_row = to[2] * to[3];
  g.target_image = to[1] * g.target_row;
  if (is_stem(geometry, from[3])) {
    g.source = with_border(from, wide, geometry.padding, padded_);
    g.inputs = geometry.kernel * from[3];
    g.tap_count = geometry.kernel;
    for (std::int64_t r = 0; r < geometry.kernel; ++r) {
      g.taps[static_cast<std::size_t>(r)] = {r, 0, filters + r * g.inputs * g.outputs};
    }
  } else {
    g.tap_count = geometry.kernel * geometry.kernel;
    for (std::int64_t tap = 0; tap < g.tap_count; ++tap) {
      g.taps[static_cast<std::size_t>(tap)] = {tap / geometry.kernel - geometry.padding,
                                               tap % geometry.kernel - geometry.padding,
                                               filters + tap * g.inputs * g.outputs};
    }
  }
  run(g, epilogue);
}

void DirectConvolution::widen(const Problem& problem, const float* narrow, const float* filters,
                              const DirectEpilogue& epilogue, float* wide) {
  const ConvolutionGeometry& geometry = problem.geometry;
  const Shape &from = problem.narrow, &to = problem.wide;
  const std::int64_t stride = geometry.stride;
  for (std::int64_t phase = 0; phase < stride * stride; ++phase) {
    const std::int64_t row = phase / stride, column = phase % stride;
    Gather g{};
    g.source = map_of(from, narrow);
    g.stride = 1;
    g.images = from[0];
    g.rows = (to[1] - row + stride - 1) / stride;
    g.columns = (to[2] - column + stride - 1) / stride;
    if (g.rows <= 0 || g.columns <= 0) continue;
    g.inputs = from[3];
    g.outputs = to[3];
    const std::int64_t line = to[2] * to[3];
    const std::int64_t start = row * line + column * to[3];
    g.target = wide + start;
    g.target_column = stride * to[3];
    g.target_row = stride * line;
    g.target_image = to[1] * line;
    // Position stride * i + row was reached from narrow row p by tap r where stride * p + r - padding is that position.
    for (std::int64_t r = 0; r < geometry.kernel; ++r) {
      for (std::int64_t s = 0; s < geometry.kernel; ++s) {
        const std::int64_t down = row + geometry.padding - r, right = column + geometry.padding - s;
        if (down % stride != 0 || right % stride != 0) continue;
        g.taps[static_cast<std::size_t>(g.tap_count++)] = {down / stride, right / stride,
                                                           filters + (r * geometry.kernel + s) * g.inputs * g.outputs};
      }
    }
    DirectEpilogue shifted = epilogue;
    if (shifted.residual != nullptr) shifted.residual += start;
    if (g.tap_count == 0) {  // no tap leads here: a sum of nothing, from inputs that are zero
      g.taps[0] = {-2 * from[1] - stride * to[1], 0, filters};
      g.tap_count = 1;
    }
    run(g, shifted);
  }
}

void DirectConvolution::weight_gradient(const Problem& problem, const float* wide, const float* narrow, float* dw) {
  const ConvolutionGeometry& geometry = problem.geometry;
  const Shape &x = problem.wide, &y = problem.narrow;
  const Map source = map_of(x, wide);
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
          return at != nullptr ? at + panel * kTileColumns : kZeros;
        });
        TileOutput to{};
        to.accumulate = first > 0;
        TileSegment segment{{}, columns, count, kTileColumns};
        for (std::int64_t k = 0; k < out;) {
          // Six, six and four rows of a panel of 16.
          const std::int64_t within = k % kTileColumns;
          const int tile = static_cast<int>(std::min<std::int64_t>(kTileRows, kTileColumns - within));
          for (int i = 0; i < tile; ++i) {
            segment.a[i] = rows + (k - within) * kGradientBlock + within + i;
            to.c[i] = dw + ((k + i) * taps + tap) * in + panel * kTileColumns;
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
