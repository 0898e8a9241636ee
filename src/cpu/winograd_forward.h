// The forward pass by minimal filtering, for either stride and any type of factors. To be included behind the kernel's
// `#pragma GCC target`; every file has its own copies.
//
// A Kernel has:
//   Lane, Element                       as in winograd_tiles.h
//   kRows, kColumns                     of its tile of sums
//   multiply_rows(a, pitch_a, rows, depth, panel, accumulate, c, pitch_c)
//                                       c[i * pitch_c + j] = sum of a[i * pitch_a + k] * panel(k, j) (+ what c holds),
//                                       for j below kColumns; panel: depth x kColumns
#pragma once
#include <array>

#include "cpu/parallel.h"
#include "cpu/winograd_tiles.h"

namespace mdd::cpu {
namespace {

/// Stride 1: at each of the 36 positions, all inputs meet the filters of that position.
struct UnitStride {
  static constexpr int kSide = 6;
  static constexpr std::int64_t parts(std::int64_t) { return 1; }
  static constexpr std::int64_t filter(std::int64_t position, std::int64_t) { return position; }

  template <class Lane, class Value, class Planes>
  static void transform(const WinogradShape& shape, const Value* x, const TilePlace& at, typename Lane::Element* to,
                        const Planes& planes, std::int64_t tile) {
    transform_tile<Lane, TileSource::kInput>(shape, shape.inputs, x, at, to + tile * shape.inputs,
                                             planes[1] - planes[0], kPanelWidth);
  }
};

/// Stride 2: inputs of odd rows (2i - 1) and even rows (2i), and of such columns, are four parts that meet filters of
/// their own: odd rows and columns at all 25 positions, even ones at the finite positions. Of 36 filters, 25 are of
/// odd-odd taps, 5 + 5 of mixed ones (the same at all finite columns, or rows), 1 of the middle tap.
struct DoubleStride {
  static constexpr int kSide = 5;
  static constexpr std::int64_t kInfinity = 4;
  static constexpr bool finite_row(std::int64_t position) { return position / kSide != kInfinity; }
  static constexpr bool finite_column(std::int64_t position) { return position % kSide != kInfinity; }
  static constexpr std::int64_t parts(std::int64_t position) {
    return (finite_row(position) ? 2 : 1) * (finite_column(position) ? 2 : 1);
  }
  /// Order of parts: odd-odd; odd rows, even columns if there; even rows, odd columns if there; even-even.
  static constexpr std::int64_t filter(std::int64_t position, std::int64_t part) {
    if (part == 0) return position;
    if (part == 3) return 35;
    return part == 1 && finite_column(position) ? 25 + position / kSide : 30 + position % kSide;
  }

  template <class Lane, class Value, class Planes>
  static void transform(const WinogradShape& shape, const Value* x, const TilePlace& at, typename Lane::Element* to,
                        const Planes& planes, std::int64_t tile) {
    using Vector = typename Lane::Vector;
    constexpr std::int64_t kReach = 9;  // rows and columns of inputs under 4x4 outputs
    const std::int64_t channels = shape.inputs, top = 2 * at.row - 1, left = 2 * at.column - 1;
    const Window rows = window(top, shape.height, kReach), columns = window(left, shape.width, kReach);
    const Value* const origin = x + ((at.image * shape.height + top) * shape.width + left) * channels;
    for (std::int64_t c = 0; c < channels; c += Lane::kWidth) {
      Vector half[kReach][kReach];  // [5 positions of odd rows, 4 of even ones][5 odd columns, 4 even ones]
      for (std::int64_t j = 0; j < kReach; ++j) {
        Vector odd[5], even[4], result[4];
        const auto load = [&](std::int64_t i) {
          return rows.holds(i) && columns.holds(j) ? Lane::load(origin + (i * shape.width + j) * channels + c)
                                                   : Vector{};
        };
        for (int i = 0; i < 5; ++i) odd[i] = load(2 * i);
        for (int i = 0; i < 4; ++i) even[i] = load(2 * i + 1);
        const std::int64_t to_column = j % 2 == 0 ? j / 2 : 5 + j / 2;
        winograd::finite_input(odd, result);
        for (int i = 0; i < 4; ++i) half[i][to_column] = result[i];
        half[4][to_column] = winograd::infinite_input(odd);
        winograd::finite_input(even, result);
        for (int i = 0; i < 4; ++i) half[5 + i][to_column] = result[i];
      }
      for (std::int64_t i = 0; i < kReach; ++i) {
        const bool even_row = i >= 5;
        const std::int64_t row = even_row ? i - 5 : i;
        Vector result[5];
        const auto keep = [&](std::int64_t position, std::int64_t part) {
          Lane::store(to + planes[static_cast<std::size_t>(position)] + (tile * parts(position) + part) * channels + c,
                      result[position % kSide]);
        };
        winograd::finite_input(half[i], result);
        result[4] = winograd::infinite_input(half[i]);
        for (std::int64_t q = 0; q < 4; ++q) keep(row * kSide + q, even_row ? 2 : 0);
        keep(row * kSide + 4, even_row ? 1 : 0);
        winograd::finite_input(half[i] + 5, result);
        for (std::int64_t q = 0; q < 4; ++q) keep(row * kSide + q, even_row ? 3 : 1);
      }
    }
  }
};

template <class Kernel, class Stride, class Value>
struct WinogradForward {
  using Element = typename Kernel::Element;
  using Lane = typename Kernel::Lane;
  static constexpr std::int64_t kPositions = std::int64_t{Stride::kSide} * Stride::kSide;

  WinogradShape shape;
  const Value* x;
  const Element* filters;  ///< panels [36][outputs / kColumns][inputs x kColumns]
  MapEpilogue<Value> epilogue;
  Value* y;

  /// Threads share a block: they divide its tiles, then the filters, then the tiles again.
  void run(FloatBuffer& inputs, FloatBuffer& products) const {
    constexpr auto kElementBytes = static_cast<std::int64_t>(sizeof(Element)),
                   kFloatBytes = std::int64_t{sizeof(float)};
    constexpr std::int64_t kParts = [] {
      std::int64_t sum = 0;
      for (std::int64_t p = 0; p < kPositions; ++p) sum += Stride::parts(p);
      return sum;
    }();
    const std::int64_t tiles = shape.tiles();
    const std::int64_t block = tiles_per_block(
        tiles, kParts * shape.inputs * kElementBytes + kPositions * shape.outputs * kFloatBytes, Kernel::kRows);
    Block here{};
    for (std::int64_t p = 0; p < kPositions; ++p) {
      const auto i = static_cast<std::size_t>(p);
      here.planes[i + 1] = here.planes[i] + plane_of(block * Stride::parts(p) * shape.inputs);
    }
    here.product_plane = plane_of(block * shape.outputs);
    here.inputs = reinterpret_cast<Element*>(
        inputs.reserve((here.planes.back() * kElementBytes + kFloatBytes - 1) / kFloatBytes));
    here.products = products.reserve(kPositions * here.product_plane);
    const std::int64_t tasks = kPositions * (shape.outputs / Kernel::kColumns);
    for (; here.first < tiles; here.first += block) {
      here.count = std::min(block, tiles - here.first);
      parallel_tasks(here.count, [&](std::int64_t t, std::int64_t) { transform(here, t); });
      parallel_tasks(tasks, [&](std::int64_t task, std::int64_t) { multiply(here, task); });
      parallel_tasks(here.count, [&](std::int64_t t, std::int64_t) { finish(here, t); });
    }
  }

 private:
  struct Block {
    std::int64_t first, count;                        ///< tiles
    Element* inputs;                                  ///< at planes[p]: [tile][parts x inputs]
    float* products;                                  ///< [position][tile][outputs], a plane apart
    std::array<std::int64_t, kPositions + 1> planes;  ///< where each position's inputs begin
    std::int64_t product_plane;
  };

  void transform(const Block& b, std::int64_t t) const {
    Stride::template transform<Lane>(shape, x, place(shape, b.first + t), b.inputs, b.planes, t);
  }
  void multiply(const Block& b, std::int64_t task) const {
    const std::int64_t panels = shape.outputs / Kernel::kColumns, p = task / panels, panel = task % panels;
    const std::int64_t depth = shape.inputs, parts = Stride::parts(p);
    for (std::int64_t part = 0; part < parts; ++part) {
      Kernel::multiply_rows(b.inputs + b.planes[static_cast<std::size_t>(p)] + part * depth, parts * depth, b.count,
                            depth, filters + (Stride::filter(p, part) * panels + panel) * Kernel::kColumns * depth,
                            part > 0, b.products + p * b.product_plane + panel * Kernel::kColumns, shape.outputs);
    }
  }
  void finish(const Block& b, std::int64_t t) const {
    finish_tile<Lane, Stride::kSide>(shape, place(shape, b.first + t), b.products + t * shape.outputs, b.product_plane,
                                     epilogue, y);
  }
};

/// The forward pass of `shape`'s stride; x and y are maps of `Value`s.
template <class Kernel, class Value>
void winograd_forward(const WinogradShape& shape, const Value* x, const typename Kernel::Element* filters,
                      const MapEpilogue<Value>& epilogue, Value* y, FloatBuffer& inputs, FloatBuffer& products) {
  if (shape.stride == 1) {
    WinogradForward<Kernel, UnitStride, Value>{shape, x, filters, epilogue, y}.run(inputs, products);
  } else {
    WinogradForward<Kernel, DoubleStride, Value>{shape, x, filters, epilogue, y}.run(inputs, products);
  }
}

}  // namespace
}  // namespace mdd::cpu
