// From labels of pixels to labels of cells.
#include <doctest/doctest.h>
#include <vector>

#include "core/error.h"
#include "pretrain/label_grid.h"

using namespace mdd;

namespace {

bool from_ten(int label) { return label >= 10; }

/// The one cell of an 8 x 8 picture of label 1, after `count` pixels from the first on were set to `label`.
std::int32_t cell_with(int count, std::uint16_t label) {
  std::vector<std::uint16_t> labels(64, 1);
  for (int i = 0; i < count; ++i) labels[static_cast<std::size_t>(i)] = label;
  std::int32_t cell = 99;
  reduce_labels(labels, 8, {8, 8}, from_ten, {&cell, 1});
  return cell;
}

}  // namespace

TEST_CASE("a cell takes the label of three fifths of its pixels, or none") {
  CHECK(cell_with(0, 2) == 1);
  CHECK(cell_with(25, 2) == 1);  // 39 of 64 are left: 0.609
  CHECK(cell_with(26, 2) == kNoLabel);
  CHECK(cell_with(38, 2) == kNoLabel);
  CHECK(cell_with(39, 2) == 2);
}

TEST_CASE("an overlay that crosses a cell names it, a corner of one leaves it without label") {
  CHECK(cell_with(6, 10) == 10);  // 3 / 4 of a line of eight pixels
  CHECK(cell_with(5, 10) == kNoLabel);
  CHECK(cell_with(1, 10) == kNoLabel);
  CHECK(cell_with(64, 10) == 10);
}

TEST_CASE("cells see their own pixels only, those between cells count nowhere") {
  // Cells of 2 x 2 pixels at every fourth: each is given its own label, everything else label 7.
  constexpr std::int64_t kSide = 12;
  std::vector<std::uint16_t> labels(kSide * kSide, 7);
  for (std::int64_t y = 0; y < kSide; ++y) {
    for (std::int64_t x = 0; x < kSide; ++x) {
      if (y % 4 < 2 && x % 4 < 2)
        labels[static_cast<std::size_t>(y * kSide + x)] = static_cast<std::uint16_t>(y / 4 * 3 + x / 4);
    }
  }
  std::vector<std::int32_t> cells(9);
  reduce_labels(labels, kSide, {4, 2}, from_ten, cells);
  for (std::int32_t i = 0; i < 9; ++i) CHECK(cells[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("extents that do not fit are refused") {
  std::vector<std::uint16_t> labels(64);
  std::vector<std::int32_t> cells(4);
  CHECK_THROWS_AS(reduce_labels(labels, 8, {3, 3}, from_ten, cells), Error);
  CHECK_THROWS_AS(reduce_labels(labels, 7, {4, 4}, from_ten, cells), Error);
  CHECK_THROWS_AS(reduce_labels(labels, 8, {4, 5}, from_ten, cells), Error);
}
