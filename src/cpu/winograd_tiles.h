// A map's way into Winograd's domain and back, tile by tile, for any vector of channels. To be included behind the
// vector's `#pragma GCC target`; every file has its own copies.
//
// A Lane has: Vector (__m256 or __m512) of kWidth floats, Element (of transformed tiles),
//   load(const float*), store(float*, Vector), keep(Element*, Vector), positive(Vector): max with 0.
#pragma once
#include <algorithm>
#include <cstdint>

#include "cpu/parallel.h"
#include "cpu/winograd.h"
#include "cpu/winograd_transforms.h"

namespace mdd::cpu {
namespace {

constexpr std::int64_t kPositions = 36;
constexpr std::int64_t kBlockBytes = std::int64_t{6} << 20;  ///< of transformed tiles and products: stays in cache
constexpr std::int64_t kPanelWidth = 16;                     ///< channels of a panel of transformed tiles

/// Where tile `index` of a map lies.
struct TilePlace {
  std::int64_t image, row, column;  ///< of its first output
};

TilePlace place(const WinogradShape& shape, std::int64_t index) {
  const std::int64_t columns = shape.tile_columns(), per_image = shape.tiles() / shape.images;
  const std::int64_t within = index % per_image;
  return {index / per_image, within / columns * 4, within % columns * 4};
}

/// Rows or columns of a 4x4 (6x6) tile that lie inside the map.
struct Window {
  std::int64_t first, last;
  [[nodiscard]] bool holds(std::int64_t i) const { return i >= first && i < last; }
};

Window window(std::int64_t start, std::int64_t extent, std::int64_t size) {
  return {std::max<std::int64_t>(0, -start), std::min(size, extent - start)};
}

/// The 36 transformed values of one tile: of 6x6 inputs that begin one row and column before it (kInput), or of its
/// 4x4 gradients (kGradient). Channel by channel into `to`, where position p, channel c lies at p * plane + c, or in
/// panels of 16 channels at p * plane + (c / 16) * panel + c % 16.
enum class TileSource : std::uint8_t { kInput, kGradient };

template <class Lane, TileSource Source>
void transform_tile(const WinogradShape& shape, std::int64_t channels, const float* map, const TilePlace& at,
                    typename Lane::Element* to, std::int64_t plane, std::int64_t panel) {
  using Vector = typename Lane::Vector;
  constexpr std::int64_t kSize = Source == TileSource::kInput ? 6 : 4, kBefore = Source == TileSource::kInput ? 1 : 0;
  const Window rows = window(at.row - kBefore, shape.height, kSize);
  const Window columns = window(at.column - kBefore, shape.width, kSize);
  const float* const origin =
      map + ((at.image * shape.height + at.row - kBefore) * shape.width + at.column - kBefore) * channels;
  for (std::int64_t c = 0; c < channels; c += Lane::kWidth) {
    Vector half[6][6];  // [position along the rows][column]
    for (std::int64_t j = 0; j < kSize; ++j) {
      Vector line[6];
      for (std::int64_t i = 0; i < kSize; ++i) {
        line[i] =
            rows.holds(i) && columns.holds(j) ? Lane::load(origin + (i * shape.width + j) * channels + c) : Vector{};
      }
      Vector result[6];
      if constexpr (Source == TileSource::kInput) {
        winograd::input(line, result);
      } else {
        winograd::gradient(line, result);
      }
      for (int i = 0; i < 6; ++i) half[i][j] = result[i];
    }
    typename Lane::Element* const column = to + (c / kPanelWidth) * panel + c % kPanelWidth;
    for (std::int64_t i = 0; i < 6; ++i) {
      Vector result[6];
      if constexpr (Source == TileSource::kInput) {
        winograd::input(half[i], result);
      } else {
        winograd::gradient(half[i], result);
      }
      for (std::int64_t j = 0; j < 6; ++j) Lane::keep(column + (i * 6 + j) * plane, result[j]);
    }
  }
}

/// y of one tile from its 36 sums, position p at p * plane.
template <class Lane>
void finish_tile(const WinogradShape& shape, const TilePlace& at, const float* sums, std::int64_t plane,
                 const WinogradEpilogue& epilogue, float* y) {
  using Vector = typename Lane::Vector;
  const Window rows = window(at.row, shape.height, 4), columns = window(at.column, shape.width, 4);
  const std::int64_t origin = ((at.image * shape.height + at.row) * shape.width + at.column) * shape.outputs;
  for (std::int64_t k = 0; k < shape.outputs; k += Lane::kWidth) {
    Vector half[4][6];
    for (std::int64_t j = 0; j < 6; ++j) {
      Vector line[6], result[4];
      for (std::int64_t i = 0; i < 6; ++i) line[i] = Lane::load(sums + (i * 6 + j) * plane + k);
      winograd::output(line, result);
      for (int i = 0; i < 4; ++i) half[i][j] = result[i];
    }
    const Vector shift = epilogue.bias != nullptr ? Lane::load(epilogue.bias + k) : Vector{};
    for (std::int64_t i = rows.first; i < rows.last; ++i) {
      Vector result[4];
      winograd::output(half[i], result);
      for (std::int64_t j = columns.first; j < columns.last; ++j) {
        const std::int64_t place = origin + (i * shape.width + j) * shape.outputs + k;
        Vector value = result[j] + shift;
        if (epilogue.residual != nullptr) value = value + Lane::load(epilogue.residual + place);
        Lane::store(y + place, epilogue.relu ? Lane::positive(value) : value);
      }
    }
  }
}

/// Tiles worked on at a time: a multiple of `rows`, such that `bytes` a tile fit into kBlockBytes.
std::int64_t tiles_per_block(std::int64_t tiles, std::int64_t bytes, std::int64_t rows) {
  return std::min(std::max<std::int64_t>(48, kBlockBytes / bytes / rows * rows), tiles);
}

/// Elements from one position's values to the next: never a multiple of the page, on which caches would collide.
std::int64_t plane_of(std::int64_t elements) { return elements / 1024 * 1024 + 1024 + 48; }

/// The forward pass. A Kernel has:
///   Lane, Element                       see above
///   kRows, kColumns                     of its tile of sums
///   multiply_rows(a, rows, depth, panel, c, pitch)
///                                       c[i * pitch + j] = sum of a[i * depth + k] * panel(k, j), j below kColumns
template <class Kernel>
struct WinogradForward {
  using Element = typename Kernel::Element;
  using Lane = typename Kernel::Lane;

  WinogradShape shape;
  const float* x;
  const Element* filters;  ///< panels [36][outputs / kColumns][inputs x kColumns]
  WinogradEpilogue epilogue;
  float* y;

  /// Threads share a block: they divide its tiles, then the filters, then the tiles again.
  void run(FloatBuffer& inputs, FloatBuffer& products) const {
    constexpr auto kElement = static_cast<std::int64_t>(sizeof(Element)), kFloat = std::int64_t{sizeof(float)};
    const std::int64_t tiles = shape.tiles();
    const std::int64_t tile_bytes = kPositions * (shape.inputs * kElement + shape.outputs * kFloat);
    const std::int64_t block = tiles_per_block(tiles, tile_bytes, Kernel::kRows);
    const std::int64_t input_plane = plane_of(block * shape.inputs), product_plane = plane_of(block * shape.outputs);
    auto* const input_memory = reinterpret_cast<Element*>(inputs.reserve(kPositions * input_plane * kElement / kFloat));
    float* const product_memory = products.reserve(kPositions * product_plane);
    const std::int64_t tasks = kPositions * (shape.outputs / Kernel::kColumns);
    for (std::int64_t first = 0; first < tiles; first += block) {
      const Block here{first, std::min(block, tiles - first), input_memory, product_memory, input_plane, product_plane};
      parallel_tasks(here.count, [&](std::int64_t t, std::int64_t) { transform(here, t); });
      parallel_tasks(tasks, [&](std::int64_t task, std::int64_t) { multiply(here, task); });
      parallel_tasks(here.count, [&](std::int64_t t, std::int64_t) { finish(here, t); });
    }
  }

 private:
  struct Block {
    std::int64_t first, count;  ///< tiles
    Element* inputs;            ///< [36][tile][inputs], a plane apart
    float* products;            ///< [36][tile][outputs]
    std::int64_t input_plane, product_plane;
  };

  void transform(const Block& b, std::int64_t t) const {
    transform_tile<Lane, TileSource::kInput>(shape, shape.inputs, x, place(shape, b.first + t),
                                             b.inputs + t * shape.inputs, b.input_plane, kPanelWidth);
  }
  void multiply(const Block& b, std::int64_t task) const {
    const std::int64_t panels = shape.outputs / Kernel::kColumns, p = task / panels, panel = task % panels;
    Kernel::multiply_rows(b.inputs + p * b.input_plane, b.count, shape.inputs,
                          filters + task * Kernel::kColumns * shape.inputs,
                          b.products + p * b.product_plane + panel * Kernel::kColumns, shape.outputs);
  }
  void finish(const Block& b, std::int64_t t) const {
    finish_tile<Lane>(shape, place(shape, b.first + t), b.products + t * shape.outputs, b.product_plane, epilogue, y);
  }
};

}  // namespace
}  // namespace mdd::cpu
