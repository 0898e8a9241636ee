#include "generate/shapes.h"

namespace mdd::generate {

double rounded_box(Point p, Point centre, Point half_extent, double radius) {
  const double dx = std::abs(p.x - centre.x) - half_extent.x + radius;
  const double dy = std::abs(p.y - centre.y) - half_extent.y + radius;
  const Point outside{std::max(dx, 0.0), std::max(dy, 0.0)};
  return length(outside) + std::min(std::max(dx, dy), 0.0) - radius;
}

Nearest nearest_on(std::span<const Point> polyline, Point p) {
  Nearest best;
  const auto segments = static_cast<double>(polyline.size() - 1);
  for (std::size_t i = 0; i + 1 < polyline.size(); ++i) {
    const Point edge = polyline[i + 1] - polyline[i];
    const Point to = p - polyline[i];
    const double share = saturate(dot(to, edge) / std::max(dot(edge, edge), 1e-12));
    const double distance = length(to - share * edge);
    if (distance < best.distance) best = {distance, (static_cast<double>(i) + share) / segments};
  }
  return best;
}

std::vector<Point> wandering_line(Dice& dice, Point from, double heading, double total_length, int points, double bend,
                                  double wander) {
  const double turn = dice.uniform(-bend, bend) / points;
  const double step = total_length / (points - 1);
  std::vector<Point> line{from};
  for (int i = 1; i < points; ++i) {
    line.push_back(line.back() + step * direction(heading + dice.uniform(-wander, wander)));
    heading += turn;
  }
  return line;
}

}  // namespace mdd::generate
