// Products of gathered rows with packed filters (the form that direct_convolution.h describes), for any tile of the
// innermost loop. To be included behind the tile's `#pragma GCC target`; every file has its own copies.
//
// Rows are gathered block by block into a buffer of their own: those of a map lie a channel count apart, often a power
// of two, on which caches collide.
//
// A Tile has: Element (of gathered rows and filters), kRows x kColumns sums in registers, kDepth consecutive factors a
// step, kPitch (elements from one gathered row to the next), Output<Value> as in tile_output.h,
//   gather(from, count, to)                            `count` values of a map as Elements; a stem's 21 only in f32,
//                                                      else a multiple of 16
//   multiply(rows, a, pitch, segments, count, output)  sums over consecutive Segments {b, count} of
//                                                      a[i * pitch + k] * b[k / kDepth][j][k % kDepth]
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <immintrin.h>
#include <omp.h>
#include <vector>

#include "cpu/direct_convolution.h"
#include "cpu/parallel.h"

namespace mdd::cpu {
namespace {

constexpr std::int64_t kPositionBlock = 96;  ///< positions a task: their channels stay in the second cache
constexpr std::int64_t kStreamBytes = std::int64_t{16} << 20;  ///< of an output that no cache would hold
constexpr std::int64_t kMaximumTaps = 9;
constexpr std::int64_t kMaximumSegments = 16;

/// One gather map: sums over taps and inputs at `rows` x `columns` positions of each image. `Value`: of both maps.
template <class Tile, class Value>
struct GatherProduct {
  using Element = typename Tile::Element;
  static constexpr std::int64_t kDepthBlock = Tile::kDepthBlock;
  static constexpr std::int64_t kValueBytes = sizeof(Value), kValueLine = 64 / kValueBytes;
  static constexpr std::int64_t kLine = 64 / static_cast<std::int64_t>(sizeof(Element));
  static_assert(kPositionBlock % Tile::kRows == 0);

  /// A map with its distances in elements.
  struct Map {
    const Value* data;
    std::int64_t image, row, column;
    std::int64_t height, width;
    [[nodiscard]] const Value* at(std::int64_t n, std::int64_t y, std::int64_t x) const {
      const bool inside = y >= 0 && y < height && x >= 0 && x < width;
      return inside ? data + n * image + y * row + x * column : nullptr;
    }
  };

  struct Tap {
    std::int64_t row, column;  ///< offset from stride * position
    const Element* panels;     ///< [outputs / kColumns][inputs / kDepth][kColumns][kDepth]
  };

  Map source;
  std::int64_t stride;
  std::array<Tap, kMaximumTaps> taps;
  std::int64_t tap_count;
  std::int64_t images, rows, columns;
  std::int64_t inputs, outputs;
  // Position (n, i, j) goes to target + n * target_image + i * target_row + j * target_column.
  Value* target;
  std::int64_t target_image, target_row, target_column;

  static Map map_of(const Shape& s, const Value* data) {
    return {data, s[1] * s[2] * s[3], s[2] * s[3], s[3], s[1], s[2]};
  }
  /// A convolution from the wide side to the narrow one; filters as the taps want them.
  static GatherProduct narrowing(const DirectProblem& problem, const Value* wide, const Element* filters,
                                 Value* narrow);
  /// One of the stride^2 parts of the way back: outputs at rows and columns that leave remainder phase / stride and
  /// phase % stride. No rows or columns if there are none.
  static GatherProduct widening(const DirectProblem& problem, std::int64_t phase, const Value* narrow,
                                const Element* filters, Value* wide);
  /// All positions, in tasks of position blocks and, where those are few, of channels. `blocks`: for gathered rows and
  /// sums that are not complete.
  void run(const MapEpilogue<Value>& epilogue, FloatBuffer& blocks) const;

 private:
  /// A stretch of the sum over taps and inputs.
  struct Stretch {
    std::int64_t tap, first, count;
  };
  using Groups = std::vector<std::vector<Stretch>>;

  /// Where the rows of a block begin, for every tap, and where they go.
  struct Rows {
    const Value* source[kPositionBlock][kMaximumTaps];  ///< nullptr: outside
    std::int64_t target[kPositionBlock];
    std::int64_t count;
  };
  struct Task {
    std::int64_t first, last;  ///< positions
    std::int64_t panel_begin, panel_end;
  };
  /// A thread's own memory.
  struct Workspace {
    Element* block;  ///< gathered rows, kPitch apart
    float* sums;     ///< [position][column of the task's panels]; used where the sum has more than one group
  };

  /// Whether outputs had better go past the caches: there are many, and nothing of them is there already.
  [[nodiscard]] bool streams(const MapEpilogue<Value>& epilogue) const {
    return images * rows * columns * outputs * kValueBytes >= kStreamBytes && epilogue.residual != target &&
           reinterpret_cast<std::uintptr_t>(target) % 64 == 0;
  }
  [[nodiscard]] Groups depth_groups() const;
  [[nodiscard]] Rows rows_of(std::int64_t first, std::int64_t last) const;
  /// The stretches of every row, one row after the other.
  static void gather(const Rows& rows, const std::vector<Stretch>& stretches, Element* block);
  void run_task(const Task& task, const Groups& groups, const MapEpilogue<Value>& epilogue,
                const Workspace& workspace) const;
};

/// The whole sum in groups of stretches, each group at most kDepthBlock factors (one tap's inputs are never mixed).
template <class Tile, class Value>
auto GatherProduct<Tile, Value>::depth_groups() const -> Groups {
  Groups groups;
  std::int64_t room = 0;
  for (std::int64_t tap = 0; tap < tap_count; ++tap) {
    for (std::int64_t c = 0; c < inputs;) {
      const std::int64_t count = std::min(inputs - c, kDepthBlock);
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

template <class Tile, class Value>
auto GatherProduct<Tile, Value>::rows_of(std::int64_t first, std::int64_t last) const -> Rows {
  Rows out;
  out.count = last - first;
  for (std::int64_t i = 0; i < out.count; ++i) {
    const std::int64_t position = first + i, j = position % columns, line = position / columns;
    const std::int64_t row = line % rows, n = line / rows;
    out.target[i] = n * target_image + row * target_row + j * target_column;
    for (std::int64_t t = 0; t < tap_count; ++t) {
      const Tap& tap = taps[static_cast<std::size_t>(t)];
      out.source[i][t] = source.at(n, row * stride + tap.row, j * stride + tap.column);
    }
  }
  return out;
}

template <class Tile, class Value>
void GatherProduct<Tile, Value>::gather(const Rows& rows, const std::vector<Stretch>& stretches, Element* block) {
  for (std::int64_t i = 0; i < rows.count; ++i) {
    Element* to = block + i * Tile::kPitch;
    for (const Stretch& stretch : stretches) {
      const Value* const from = rows.source[i][stretch.tap];
      if (from != nullptr) {
        Tile::gather(from + stretch.first, stretch.count, to);
      } else {
        std::memset(to, 0, static_cast<std::size_t>(stretch.count) * sizeof(Element));
      }
      to += stretch.count;
    }
  }
}

template <class Tile, class Value>
void GatherProduct<Tile, Value>::run_task(const Task& task, const Groups& groups, const MapEpilogue<Value>& epilogue,
                                          const Workspace& workspace) const {
  const Rows places = rows_of(task.first, task.last);
  const std::int64_t tiles = (places.count + Tile::kRows - 1) / Tile::kRows;
  const std::int64_t pitch_of_sums = (task.panel_end - task.panel_begin) * Tile::kColumns;
  const bool streamed = streams(epilogue);
  for (std::size_t group = 0; group < groups.size(); ++group) {
    const std::vector<Stretch>& stretches = groups[group];
    const bool ends = group + 1 == groups.size();
    gather(places, stretches, workspace.block);
    for (std::int64_t panel = task.panel_begin; panel < task.panel_end; ++panel) {
      typename Tile::Segment segments[kMaximumSegments];
      std::int64_t count = 0;
      for (const Stretch& stretch : stretches) {
        const Tap& tap = taps[static_cast<std::size_t>(stretch.tap)];
        segments[count++] = {tap.panels + (panel * inputs + stretch.first) * Tile::kColumns, stretch.count};
      }
      for (std::int64_t t = 0; t < tiles; ++t) {
        // This tile's share of the panel that comes next: its first reader would wait for all of it.
        for (std::int64_t s = 0; s < count; ++s) {
          const std::int64_t lines = segments[s].count * Tile::kColumns / kLine;
          for (std::int64_t k = t * lines / tiles; k < (t + 1) * lines / tiles; ++k) {
            _mm_prefetch(reinterpret_cast<const char*>(segments[s].b + inputs * Tile::kColumns + k * kLine),
                         _MM_HINT_T1);
          }
        }
        const int rows_here = static_cast<int>(std::min(Tile::kRows, places.count - t * Tile::kRows));
        typename Tile::template Output<Value> out{};
        out.continues = group > 0;
        out.ends = ends;
        out.bias = epilogue.bias != nullptr ? epilogue.bias + panel * Tile::kColumns : nullptr;
        out.has_residual = epilogue.residual != nullptr;
        out.relu = epilogue.relu;
        out.stream = streamed;
        for (int i = 0; i < rows_here; ++i) {
          const std::int64_t row = t * Tile::kRows + i;
          out.sums[i] = workspace.sums + row * pitch_of_sums + (panel - task.panel_begin) * Tile::kColumns;
          if (!ends) continue;
          const std::int64_t place = places.target[row] + panel * Tile::kColumns;
          out.c[i] = target + place;
          if (out.has_residual) out.residual[i] = epilogue.residual + place;
          // Wanted when the tile's sums are complete.
          for (std::int64_t j = 0; j < Tile::kColumns; j += kValueLine) {
            if (!streamed) _mm_prefetch(reinterpret_cast<const char*>(out.c[i] + j), _MM_HINT_T0);
            if (out.has_residual) _mm_prefetch(reinterpret_cast<const char*>(out.residual[i] + j), _MM_HINT_T0);
          }
        }
        Tile::multiply(rows_here, workspace.block + t * Tile::kRows * Tile::kPitch, Tile::kPitch, segments, count, out);
      }
    }
  }
  _mm_sfence();  // what was streamed is there before another thread looks
}

template <class Tile, class Value>
void GatherProduct<Tile, Value>::run(const MapEpilogue<Value>& epilogue, FloatBuffer& blocks) const {
  const Groups groups = depth_groups();
  const std::int64_t positions = images * rows * columns, panels = outputs / Tile::kColumns;
  const std::int64_t position_blocks = (positions + kPositionBlock - 1) / kPositionBlock;
  const std::int64_t wanted_tasks = 8 * omp_get_max_threads();
  const std::int64_t parts =
      std::clamp<std::int64_t>(wanted_tasks / std::max<std::int64_t>(1, position_blocks), 1, panels);
  const std::int64_t panels_each = (panels + parts - 1) / parts;
  constexpr std::int64_t kBlockFloats = kPositionBlock * Tile::kPitch * static_cast<std::int64_t>(sizeof(Element)) /
                                        static_cast<std::int64_t>(sizeof(float));
  const std::int64_t sums = groups.size() > 1 ? kPositionBlock * panels_each * Tile::kColumns : 0;
  float* const memory = blocks.reserve(omp_get_max_threads() * (kBlockFloats + sums));
  parallel_tasks(position_blocks * parts, [&](std::int64_t index, std::int64_t thread) {
    const std::int64_t first = index / parts * kPositionBlock, panel = index % parts * panels_each;
    const Task task{first, std::min(positions, first + kPositionBlock), panel, std::min(panels, panel + panels_each)};
    float* const own = memory + thread * (kBlockFloats + sums);
    run_task(task, groups, epilogue, {reinterpret_cast<Element*>(own), own + kBlockFloats});
  });
}

template <class Tile, class Value>
auto GatherProduct<Tile, Value>::narrowing(const DirectProblem& problem, const Value* wide, const Element* filters,
                                           Value* narrow) -> GatherProduct {
  const ConvolutionGeometry& geometry = problem.geometry;
  const Shape &from = problem.wide, &to = problem.narrow;
  GatherProduct g{};
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
  const std::int64_t kernel = geometry.kernel;
  g.tap_count = kernel * kernel;
  for (std::int64_t tap = 0; tap < std::min(g.tap_count, kMaximumTaps); ++tap) {
    g.taps[static_cast<std::size_t>(tap)] = {tap / kernel - geometry.padding, tap % kernel - geometry.padding,
                                             filters + tap * g.inputs * g.outputs};
  }
  return g;
}

template <class Tile, class Value>
auto GatherProduct<Tile, Value>::widening(const DirectProblem& problem, std::int64_t phase, const Value* narrow,
                                          const Element* filters, Value* wide) -> GatherProduct {
  const ConvolutionGeometry& geometry = problem.geometry;
  const Shape &from = problem.narrow, &to = problem.wide;
  const std::int64_t stride = geometry.stride, row = phase / stride, column = phase % stride;
  GatherProduct g{};
  g.source = map_of(from, narrow);
  g.stride = 1;
  g.images = from[0];
  g.rows = std::max<std::int64_t>(0, (to[1] - row + stride - 1) / stride);
  g.columns = std::max<std::int64_t>(0, (to[2] - column + stride - 1) / stride);
  g.inputs = from[3];
  g.outputs = to[3];
  const std::int64_t line = to[2] * to[3];
  g.target = wide + row * line + column * to[3];
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
  if (g.tap_count == 0) {  // no tap leads here: a sum of nothing, from inputs that are zero
    g.taps[0] = {-2 * from[1] - stride * to[1], 0, filters};
    g.tap_count = 1;
  }
  return g;
}

/// The whole way back, phase by phase.
template <class Tile, class Value>
void widen_all(const DirectProblem& problem, const Value* narrow, const typename Tile::Element* filters,
               const MapEpilogue<Value>& epilogue, FloatBuffer& blocks, Value* wide) {
  const std::int64_t stride = problem.geometry.stride;
  for (std::int64_t phase = 0; phase < stride * stride; ++phase) {
    const auto part = GatherProduct<Tile, Value>::widening(problem, phase, narrow, filters, wide);
    if (part.rows == 0 || part.columns == 0) continue;
    MapEpilogue<Value> shifted = epilogue;
    if (shifted.residual != nullptr) shifted.residual += part.target - wide;
    part.run(shifted, blocks);
  }
}

}  // namespace
}  // namespace mdd::cpu
