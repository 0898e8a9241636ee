// Signed distances to shapes (negative inside) and their antialiased coverage. Lengths are in half image sides.
#pragma once
#include <span>
#include <vector>

#include "generate/arithmetic.h"

namespace mdd::generate {

/// 1 inside, 0 outside, a smooth edge of about two `pixel` between.
[[nodiscard]] inline double coverage(double distance, double pixel) {
  return 1.0 - smoothstep(-pixel, pixel, distance);
}

[[nodiscard]] inline double circle(Point p, Point centre, double radius) { return length(p - centre) - radius; }

/// Axis-parallel rectangle with rounded corners.
[[nodiscard]] double rounded_box(Point p, Point centre, Point half_extent, double radius);

/// Where the nearest point of a polyline lies.
struct Nearest {
  double distance = 1e9;
  double along = 0.0;  ///< 0 at the first vertex, 1 at the last, by number of segments
};
[[nodiscard]] Nearest nearest_on(std::span<const Point> polyline, Point p);

/// A polyline of `points` vertices that starts at `from` and wanders: each step turns by up to `wander` turns; its
/// overall bend is up to `bend` turns.
[[nodiscard]] std::vector<Point> wandering_line(Dice& dice, Point from, double heading, double total_length, int points,
                                                double bend, double wander);

}  // namespace mdd::generate
