// A map's way into Winograd's domain and back, tile by tile, for any vector of channels. To be included behind the
// vector's `#pragma GCC target`; every file has its own copies.
//
// A Lane has: Vector (__m256 or __m512) of kWidth floats, Element (of transformed tiles),
//   load(from), store(to, Vector) for floats, Elements and the maps' values; positive(Vector): max with 0.
#pragma once
#include <algorithm>
#include <cstdint>

#include "cpu/winograd.h"
#include "cpu/winograd_transforms.h"

namespace mdd::cpu {
namespace {

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

template <class Lane, TileSource Source, class Value>
void transform_tile(const WinogradShape& shape, std::int64_t channels, const Value* map, const TilePlace& at,
                    typename Lane::Element* to, std::int64_t plane, std::int64_t panel) {
  using Vector = typename Lane::Vector;
  constexpr std::int64_t kSize = Source == TileSource::kInput ? 6 : 4, kBefore = Source == TileSource::kInput ? 1 : 0;
  const Window rows = window(at.row - kBefore, shape.height, kSize);
  const Window columns = window(at.column - kBefore, shape.width, kSize);
  const Value* const origin =
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
      for (std::int64_t j = 0; j < 6; ++j) Lane::store(column + (i * 6 + j) * plane, result[j]);
    }
  }
}

/// y of one tile from its Side^2 sums, position p at p * plane.
template <class Lane, int Side, class Value>
void finish_tile(const WinogradShape& shape, const TilePlace& at, const float* sums, std::int64_t plane,
                 const MapEpilogue<Value>& epilogue, Value* y) {
  using Vector = typename Lane::Vector;
  const Window rows = window(at.row, shape.output_height(), 4);
  const Window columns = window(at.column, shape.output_width(), 4);
  const std::int64_t width = shape.output_width();
  const std::int64_t origin = ((at.image * shape.output_height() + at.row) * width + at.column) * shape.outputs;
  for (std::int64_t k = 0; k < shape.outputs; k += Lane::kWidth) {
    Vector half[4][Side];
    for (std::int64_t j = 0; j < Side; ++j) {
      Vector line[Side], result[4];
      for (std::int64_t i = 0; i < Side; ++i) line[i] = Lane::load(sums + (i * Side + j) * plane + k);
      winograd::output(line, result);
      for (int i = 0; i < 4; ++i) half[i][j] = result[i];
    }
    const Vector shift = epilogue.bias != nullptr ? Lane::load(epilogue.bias + k) : Vector{};
    for (std::int64_t i = rows.first; i < rows.last; ++i) {
      Vector result[4];
      winograd::output(half[i], result);
      for (std::int64_t j = columns.first; j < columns.last; ++j) {
        const std::int64_t place = origin + (i * width + j) * shape.outputs + k;
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

}  // namespace
}  // namespace mdd::cpu
