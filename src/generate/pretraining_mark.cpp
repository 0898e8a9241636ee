// The overlays that are drawn as lines and dots.
#include "generate/pretraining_painter.h"

namespace mdd::generate::pretraining {

void Painter::scratch(bool light) {
  const float total = dice_.log_uniform(14.0f, 100.0f) * unit_;
  const float radius = dice_.log_uniform(0.3f, 0.9f) * std::sqrt(unit_);
  const int strands = 1 + (dice_.chance(0.25f) ? dice_.below(3) : 0);
  for (int k = 0; k < strands; ++k) {
    polyline(wandering(dice_, centre_ + dice_.uniform(-4.0f, 4.0f) * random_heading(dice_), total, 9, 0.05f, 0.1f),
             radius, 0.4f * radius);
  }
  const float strength = dice_.uniform(0.35f, 0.95f);
  const Rgb ink = light ? Rgb{1.0f, 1.0f, 1.0f} : Rgb{0.03f, 0.03f, 0.04f};
  fill(ink, strength);
}

void Painter::crack() {
  const float radius = dice_.log_uniform(0.4f, 1.1f) * std::sqrt(unit_);
  const float total = dice_.log_uniform(20.0f, 110.0f) * unit_;
  const std::vector<Vec> trunk = wandering(dice_, centre_, total, 14, 0.6f, 0.05f);
  polyline(trunk, radius, 0.5f * radius);
  const int branches = dice_.below(5);
  for (int k = 0; k < branches; ++k) {
    const Vec from = trunk[1 + static_cast<std::size_t>(dice_.below(12))];
    polyline(wandering(dice_, from, total * dice_.uniform(0.1f, 0.45f), 7, 0.6f, 0.1f), 0.8f * radius, 0.3f * radius);
  }
  const float depth = dice_.uniform(0.05f, 0.35f);
  paint([&](Vec, Rgb before) { return depth * before; });
}

void Painter::thick_stroke() {
  const float radius = dice_.log_uniform(1.3f, 4.0f) * unit_;
  polyline(wandering(dice_, centre_, dice_.log_uniform(15.0f, 90.0f) * unit_, 16, 0.15f, 0.3f), radius, radius);
  fill(contrasting(), dice_.uniform(0.75f, 1.0f));
}

void Painter::dashed_line() {
  const Vec along = random_heading(dice_);
  const float dash = dice_.log_uniform(2.0f, 9.0f) * unit_, gap = dash * dice_.uniform(0.5f, 1.5f) + 2.0f;
  const float radius = dice_.log_uniform(0.5f, 1.6f) * std::sqrt(unit_);
  const int count = 4 + dice_.below(10);
  for (int k = 0; k < count; ++k) {
    const Vec from = centre_ + (static_cast<float>(k) * (dash + gap)) * along;
    stamp_.segment(from, from + dash * along, radius, radius);
  }
  fill(contrasting(), dice_.uniform(0.8f, 1.0f));
}

void Painter::fibre() {
  const float radius = dice_.log_uniform(0.4f, 0.9f) * std::sqrt(unit_);
  polyline(wandering(dice_, centre_, dice_.log_uniform(20.0f, 90.0f) * unit_, 24, 0.35f, 0.35f), radius, radius);
  fill(contrasting(), dice_.uniform(0.7f, 1.0f));
}

void Painter::scuff() {
  const Vec along = random_heading(dice_), across{-along.y, along.x};
  const int count = 8 + dice_.below(20);
  const float width = dice_.uniform(4.0f, 14.0f) * unit_, total = dice_.log_uniform(8.0f, 36.0f) * unit_;
  for (int k = 0; k < count; ++k) {
    const float aside = dice_.uniform(-width, width);
    const float ahead = dice_.uniform(-0.3f, 0.3f) * total;
    const Vec from = centre_ + aside * across + ahead * along;
    const Vec to = from + (total * dice_.uniform(0.4f, 1.0f)) * along + dice_.uniform(-1.0f, 1.0f) * across;
    stamp_.segment(from, to, 0.5f, 0.3f, dice_.uniform(0.3f, 1.0f));
  }
  const float ink = luminance(under()) < 0.5f ? 0.95f : 0.1f;
  fill({ink, ink, ink}, dice_.uniform(0.4f, 0.8f));
}

void Painter::ring() {
  const float radius = dice_.log_uniform(3.5f, 18.0f) * unit_;
  stamp_.ring(centre_, radius, dice_.log_uniform(0.5f, 0.3f * radius));
  fill(contrasting(), dice_.uniform(0.5f, 1.0f));
}

void Painter::specks() {
  const int count = 8 + dice_.below(40);
  const float spread = dice_.log_uniform(8.0f, 50.0f) * unit_;
  for (int k = 0; k < count; ++k) {
    const float away = spread * std::sqrt(dice_.uniform(0.0f, 1.0f));
    const Vec at = centre_ + away * random_heading(dice_);
    stamp_.disc(at, dice_.log_uniform(0.5f, 1.6f) * std::sqrt(unit_), 1.0f, dice_.uniform(0.5f, 1.0f));
  }
  fill(contrasting());
}

void Painter::glyphs() {
  // Characters of random strokes between the points of a grid of 3 x 4.
  const int count = 1 + dice_.below(6);
  const float height = dice_.log_uniform(6.0f, 22.0f) * unit_;
  const float radius = std::max(height * dice_.uniform(0.04f, 0.1f), 0.5f);
  const Vec axis = heading(dice_.chance(0.5f) ? 0.0f : dice_.uniform(0.0f, kTurn));
  for (int k = 0; k < count; ++k) {
    const auto grid_point = [&] {
      const float column = static_cast<float>(dice_.below(3));
      const float row = static_cast<float>(dice_.below(4));
      const Vec p{(static_cast<float>(k) * 0.75f + 0.25f * column) * height, row / 3.0f * height};
      return centre_ + rotated(p, axis);
    };
    Vec pen = grid_point();
    const int strokes = 3 + dice_.below(3);
    for (int stroke = 0; stroke < strokes; ++stroke) {
      const Vec to = grid_point();
      stamp_.segment(pen, to, radius, radius);
      pen = dice_.chance(0.75f) ? to : grid_point();
    }
  }
  fill(contrasting(), dice_.uniform(0.85f, 1.0f));
}

}  // namespace mdd::generate::pretraining
