// Arithmetic whose result is the same on every machine: + - * / floor and sqrt are exactly rounded by IEEE 754, all
// else is built from them (the sine of the C library may differ between versions). Private to this box, which is
// compiled without fused multiply-add.
#pragma once
#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/rng.h"

namespace mdd::generate {

/// Draws in double, on top of the integer stream. At most one draw an expression, other than in braces: C++ leaves open
/// which operand of an operator or which argument of a call is evaluated first, and compilers differ.
class Dice {
 public:
  Dice(std::uint64_t seed, std::uint32_t epoch, std::uint32_t item) : stream_(seed, epoch, item, Purpose::kGenerate) {}
  [[nodiscard]] std::uint32_t bits() { return stream_.bits(); }
  /// Uniform in [low, high).
  [[nodiscard]] double uniform(double low, double high) {
    return low + (high - low) * (static_cast<double>(stream_.bits()) * 0x1p-32);
  }
  /// Uniform in 0 .. count - 1.
  [[nodiscard]] int below(int count) { return static_cast<int>(stream_.below(static_cast<std::uint32_t>(count))); }
  [[nodiscard]] double sign() { return below(2) == 0 ? -1.0 : 1.0; }
  /// Uniform in [low, high), of either sign.
  [[nodiscard]] double either_sign(double low, double high) {
    const double side = sign();
    return side * uniform(low, high);
  }

 private:
  RandomStream stream_;
};

/// sin(2 pi turns), absolute error below 1e-8: folded to a quarter turn, then its Taylor polynomial.
[[nodiscard]] inline double sine(double turns) {
  double t = turns - std::floor(turns + 0.5);  // -0.5 .. 0.5
  if (t > 0.25) t = 0.5 - t;
  if (t < -0.25) t = -0.5 - t;
  const double x = 6.283185307179586 * t;
  const double s = x * x;
  return x * (1.0 - s / 6.0 * (1.0 - s / 20.0 * (1.0 - s / 42.0 * (1.0 - s / 72.0 * (1.0 - s / 110.0)))));
}
[[nodiscard]] inline double cosine(double turns) { return sine(turns + 0.25); }

[[nodiscard]] inline double saturate(double value) { return std::clamp(value, 0.0, 1.0); }
[[nodiscard]] inline double mix(double a, double b, double share) { return a + (b - a) * share; }
/// 0 below `low`, 1 above `high`, smooth between.
[[nodiscard]] inline double smoothstep(double low, double high, double value) {
  const double t = saturate((value - low) / (high - low));
  return t * t * (3.0 - 2.0 * t);
}
/// A bell of height 1 at 0 that reaches 0 smoothly at +-1.
[[nodiscard]] inline double bell(double value) {
  const double t = 1.0 - std::min(value * value, 1.0);
  return t * t;
}

struct Point {
  double x = 0.0;
  double y = 0.0;
};
[[nodiscard]] inline Point operator+(Point a, Point b) { return {a.x + b.x, a.y + b.y}; }
[[nodiscard]] inline Point operator-(Point a, Point b) { return {a.x - b.x, a.y - b.y}; }
[[nodiscard]] inline Point operator*(double scale, Point p) { return {scale * p.x, scale * p.y}; }
[[nodiscard]] inline double dot(Point a, Point b) { return a.x * b.x + a.y * b.y; }
[[nodiscard]] inline double length(Point p) { return std::sqrt(dot(p, p)); }
[[nodiscard]] inline Point direction(double turns) { return {cosine(turns), sine(turns)}; }
[[nodiscard]] inline Point rotated(Point p, double turns) {
  const Point d = direction(turns);
  return {p.x * d.x - p.y * d.y, p.x * d.y + p.y * d.x};
}

/// A vector of uniform direction and of a length uniform in [low, high).
[[nodiscard]] inline Point random_offset(Dice& dice, double low, double high) {
  const Point towards = direction(dice.uniform(0.0, 1.0));
  return dice.uniform(low, high) * towards;
}

/// Display values, 0 = black, 1 = white.
struct Colour {
  double r = 0.0;
  double g = 0.0;
  double b = 0.0;
};
[[nodiscard]] inline Colour grey(double value) { return {value, value, value}; }
[[nodiscard]] inline Colour operator+(Colour a, Colour b) { return {a.r + b.r, a.g + b.g, a.b + b.b}; }
[[nodiscard]] inline Colour operator*(double scale, Colour c) { return {scale * c.r, scale * c.g, scale * c.b}; }
[[nodiscard]] inline Colour mix(Colour a, Colour b, double share) {
  return {mix(a.r, b.r, share), mix(a.g, b.g, share), mix(a.b, b.b, share)};
}

}  // namespace mdd::generate
