// The ground of a pretraining scene: a few materials side by side, or as objects upon each other, with a label a pixel.
#pragma once
#include <cstdint>
#include <vector>

#include "generate/pretraining_float.h"

namespace mdd::generate::pretraining {

/// A square picture in the making, row by row.
struct Canvas {
  int side = 0;
  std::vector<Rgb> colours;
  std::vector<std::uint16_t> labels;

  explicit Canvas(int side_)
      : side(side_),
        colours(static_cast<std::size_t>(side_) * static_cast<std::size_t>(side_)),
        labels(colours.size(), std::uint16_t{0}) {}
  [[nodiscard]] std::size_t index(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(side) + static_cast<std::size_t>(x);
  }
};

/// Fills the canvas with 1 to 5 regions of materials; a label is the material's index.
void lay_materials(Canvas& canvas, QuickDice& dice);

}  // namespace mdd::generate::pretraining
