// What the overlays of pretraining scenes are drawn with.
#pragma once
#include <vector>

#include "generate/pretraining_overlay.h"
#include "generate/pretraining_stamp.h"

namespace mdd::generate::pretraining {

/// One overlay being drawn. Lengths grow with the picture: `unit` is 1 at 128 pixels a side.
class Painter {
 public:
  Painter(Canvas& canvas, int label, QuickDice& dice)
      : canvas_(canvas),
        dice_(dice),
        stamp_(canvas.side),
        label_(static_cast<std::uint16_t>(label)),
        unit_(static_cast<float>(canvas.side) / 128.0f) {
    centre_ = {dice.uniform(0.05f, 0.95f) * static_cast<float>(canvas.side),
               dice.uniform(0.05f, 0.95f) * static_cast<float>(canvas.side)};
  }
  void draw(Overlay kind);

 private:
  void scratch(bool light);
  void crack();
  void thick_stroke();
  void dashed_line();
  void fibre();
  void scuff();
  void stain(bool light);
  void spot();
  void ring();
  void specks();
  void dent();
  void hole();
  void foreign_patch();
  void blur();
  void displacement();
  void discolouration();
  void missing_area();
  void glyphs();
  void screw();
  void droplet();

  /// Replaces what the stamp covers by after(point, before) and labels what visibly changed.
  template <class After>
  void paint(const After& after) {
    for (int y = stamp_.top(); y < stamp_.bottom(); ++y) {
      for (int x = stamp_.left(); x < stamp_.right(); ++x) {
        const float cover = stamp_.at(x, y);
        if (cover == 0.0f) continue;
        Rgb& colour = canvas_.colours[canvas_.index(x, y)];
        const Rgb before = saturate(colour);
        const Rgb now =
            saturate(blend(before, after(Vec{static_cast<float>(x), static_cast<float>(y)}, before), cover));
        const float change =
            std::max({std::abs(now.r - before.r), std::abs(now.g - before.g), std::abs(now.b - before.b)});
        if (change > kVisibleChange) canvas_.labels[canvas_.index(x, y)] = label_;
        colour = now;
      }
    }
  }
  void fill(Rgb colour, float opacity = 1.0f) {
    paint([&](Vec, Rgb before) { return blend(before, colour, opacity); });
  }
  void polyline(const std::vector<Vec>& line, float radius_from, float radius_to) {
    for (std::size_t k = 0; k + 1 < line.size(); ++k) {
      const float t = static_cast<float>(k) / static_cast<float>(line.size() - 1);
      const float u = static_cast<float>(k + 1) / static_cast<float>(line.size() - 1);
      stamp_.segment(line[k], line[k + 1], blend(radius_from, radius_to, t), blend(radius_from, radius_to, u));
    }
  }
  /// A round, wobbly or angular patch.
  void patch(float low, float high, float edge);
  /// Colour of what is under the overlay, at its middle.
  [[nodiscard]] Rgb under() const {
    const int last = canvas_.side - 1;
    return saturate(canvas_.colours[canvas_.index(std::clamp(floor_to_int(centre_.x), 0, last),
                                                  std::clamp(floor_to_int(centre_.y), 0, last))]);
  }
  /// A colour that stands out from what is under the overlay.
  [[nodiscard]] Rgb contrasting() {
    Rgb colour = random_colour(dice_);
    for (int attempt = 0; attempt < 4 && std::abs(luminance(colour) - luminance(under())) < 0.15f; ++attempt) {
      colour = random_colour(dice_);
    }
    return colour;
  }
  /// The canvas between its pixels, its border continued.
  [[nodiscard]] static Rgb sampled(const Canvas& canvas, Vec p);

  Canvas& canvas_;
  QuickDice& dice_;
  Stamp stamp_;
  std::uint16_t label_;
  float unit_;
  Vec centre_;
};

}  // namespace mdd::generate::pretraining
