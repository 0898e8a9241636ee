#include "generate/pretraining_stamp.h"

namespace mdd::generate::pretraining {

Stamp::Stamp(int side)
    : side_(side),
      left_(side),
      top_(side),
      cover_(static_cast<std::size_t>(side) * static_cast<std::size_t>(side), 0.0f) {}

template <class CoverAt>
void Stamp::draw(Vec low, Vec high, float reach, const CoverAt& cover_at) {
  const int x0 = std::max(floor_to_int(low.x - reach), 0), x1 = std::min(floor_to_int(high.x + reach) + 2, side_);
  const int y0 = std::max(floor_to_int(low.y - reach), 0), y1 = std::min(floor_to_int(high.y + reach) + 2, side_);
  if (x0 >= x1 || y0 >= y1) return;
  left_ = std::min(left_, x0);
  right_ = std::max(right_, x1);
  top_ = std::min(top_, y0);
  bottom_ = std::max(bottom_, y1);
  for (int y = y0; y < y1; ++y) {
    for (int x = x0; x < x1; ++x) {
      float& cover = cover_[index(x, y)];
      cover = std::max(cover, cover_at(Vec{static_cast<float>(x), static_cast<float>(y)}));
    }
  }
}

void Stamp::segment(Vec from, Vec to, float radius_from, float radius_to, float strength) {
  const Vec along = to - from;
  const float square = std::max(dot(along, along), 1e-6f);
  const Vec low{std::min(from.x, to.x), std::min(from.y, to.y)}, high{std::max(from.x, to.x), std::max(from.y, to.y)};
  draw(low, high, std::max(radius_from, radius_to) + 1.0f, [&](Vec p) {
    const float t = saturate(dot(p - from, along) / square);
    return strength * covered(length(p - from - t * along) - blend(radius_from, radius_to, t));
  });
}

void Stamp::disc(Vec centre, float radius, float edge, float strength) {
  draw(centre, centre, radius + edge, [&](Vec p) { return strength * covered(length(p - centre) - radius, edge); });
}

void Stamp::ring(Vec centre, float radius, float half_width) {
  draw(centre, centre, radius + half_width + 1.0f,
       [&](Vec p) { return covered(std::abs(length(p - centre) - radius) - half_width); });
}

void Stamp::blob(Vec centre, float radius, float wobble, float edge, std::uint32_t seed) {
  const float size = 1.6f / radius;
  draw(centre, centre, radius * (1.0f + wobble) + edge, [&](Vec p) {
    const Vec q = p - centre;
    const float outline = radius * (1.0f + 2.0f * wobble * (fractal(q.x * size, q.y * size, seed, 2) - 0.5f));
    return covered(length(q) - outline, edge);
  });
}

void Stamp::polygon(const std::vector<Vec>& corners) {
  Vec low{1e6f, 1e6f}, high{-1e6f, -1e6f};
  for (const Vec c : corners) {
    low = {std::min(low.x, c.x), std::min(low.y, c.y)};
    high = {std::max(high.x, c.x), std::max(high.y, c.y)};
  }
  draw(low, high, 1.0f, [&](Vec p) {
    float d = -1e6f;
    for (std::size_t k = 0; k < corners.size(); ++k) {
      const Vec edge = corners[(k + 1) % corners.size()] - corners[k];
      const Vec from = p - corners[k];
      d = std::max(d, (from.x * edge.y - from.y * edge.x) / std::max(length(edge), 1e-3f));
    }
    return covered(d);
  });
}

std::vector<Vec> wandering(QuickDice& dice, Vec from, float total_length, int points, float bend, float curl) {
  std::vector<Vec> line{from};
  float angle = dice.uniform(0.0f, kTurn);
  const float curvature = dice.uniform(-curl, curl);
  const float step = total_length / static_cast<float>(points - 1);
  for (int k = 1; k < points; ++k) {
    line.push_back(line.back() + step * heading(angle));
    angle += curvature + dice.uniform(-bend, bend);
  }
  return line;
}

}  // namespace mdd::generate::pretraining
