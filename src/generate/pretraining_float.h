// Quick single-precision arithmetic behind the pretraining scenes: drawing, lattice noise, colours. Not bit-identical
// across machines or compilers. Private to this box; lengths are in pixels.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

namespace mdd::generate::pretraining {

/// The finalizer of splitmix64: every bit of the result depends on every bit of `value`.
[[nodiscard]] inline std::uint64_t scramble(std::uint64_t value) {
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
  value = (value ^ value >> 27) * 0x94d049bb133111ebu;
  return value ^ value >> 31;
}

/// A stream of draws that costs a few instructions each.
class QuickDice {
 public:
  explicit QuickDice(std::uint64_t seed) : state_(scramble(seed)) {}
  [[nodiscard]] std::uint64_t bits() {
    state_ += 0x9e3779b97f4a7c15u;
    return scramble(state_);
  }
  /// Uniform in [low, high).
  [[nodiscard]] float uniform(float low, float high) {
    return low + (high - low) * (static_cast<float>(bits() >> 40) * 0x1p-24f);
  }
  /// As likely to lie in any octave as in any other.
  [[nodiscard]] float log_uniform(float low, float high) { return low * std::pow(high / low, uniform(0.0f, 1.0f)); }
  /// Uniform in 0 .. count - 1.
  [[nodiscard]] int below(int count) {
    return static_cast<int>((bits() >> 32) * static_cast<std::uint64_t>(count) >> 32);
  }
  [[nodiscard]] bool chance(float probability) { return uniform(0.0f, 1.0f) < probability; }
  [[nodiscard]] float sign() { return chance(0.5f) ? -1.0f : 1.0f; }

 private:
  std::uint64_t state_;
};

constexpr float kTurn = 6.2831853f;

[[nodiscard]] inline float saturate(float value) { return std::min(std::max(value, 0.0f), 1.0f); }
[[nodiscard]] inline float blend(float a, float b, float share) { return a + (b - a) * share; }
[[nodiscard]] inline float ramp(float low, float high, float value) {
  const float t = saturate((value - low) / (high - low));
  return t * t * (3.0f - 2.0f * t);
}
/// Coverage of a shape at signed distance `distance` (negative inside) whose edge is `width` pixels wide.
[[nodiscard]] inline float covered(float distance, float width = 1.0f) { return saturate(0.5f - distance / width); }
/// Without SSE 4.1 the library's floor is a call.
[[nodiscard]] inline int floor_to_int(float value) {
  const int whole = static_cast<int>(value);
  return whole - static_cast<int>(value < static_cast<float>(whole));
}
[[nodiscard]] inline float fraction(float value) { return value - static_cast<float>(floor_to_int(value)); }
/// sin(2 pi turns), error below 0.002.
[[nodiscard]] inline float wave(float turns) {
  const float t = fraction(turns) - 0.5f;
  const float s = -8.0f * t * (1.0f - 2.0f * std::abs(t));
  return s * (0.775f + 0.225f * std::abs(s));
}

struct Vec {
  float x = 0.0f, y = 0.0f;
};
[[nodiscard]] inline Vec operator+(Vec a, Vec b) { return {a.x + b.x, a.y + b.y}; }
[[nodiscard]] inline Vec operator-(Vec a, Vec b) { return {a.x - b.x, a.y - b.y}; }
[[nodiscard]] inline Vec operator*(float scale, Vec a) { return {scale * a.x, scale * a.y}; }
[[nodiscard]] inline float dot(Vec a, Vec b) { return a.x * b.x + a.y * b.y; }
[[nodiscard]] inline float length(Vec a) { return std::sqrt(dot(a, a)); }
[[nodiscard]] inline Vec heading(float radians) { return {std::cos(radians), std::sin(radians)}; }
[[nodiscard]] inline Vec rotated(Vec a, Vec by) { return {a.x * by.x - a.y * by.y, a.x * by.y + a.y * by.x}; }
[[nodiscard]] inline Vec random_heading(QuickDice& dice) { return heading(dice.uniform(0.0f, kTurn)); }

/// Display values, 0 = black, 1 = white.
struct Rgb {
  float r = 0.0f, g = 0.0f, b = 0.0f;
};
[[nodiscard]] inline Rgb operator+(Rgb a, Rgb b) { return {a.r + b.r, a.g + b.g, a.b + b.b}; }
[[nodiscard]] inline Rgb operator-(Rgb a, Rgb b) { return {a.r - b.r, a.g - b.g, a.b - b.b}; }
[[nodiscard]] inline Rgb operator*(float scale, Rgb a) { return {scale * a.r, scale * a.g, scale * a.b}; }
[[nodiscard]] inline Rgb operator*(Rgb a, Rgb b) { return {a.r * b.r, a.g * b.g, a.b * b.b}; }
[[nodiscard]] inline Rgb blend(Rgb a, Rgb b, float share) { return a + share * (b - a); }
[[nodiscard]] inline float luminance(Rgb c) { return 0.3f * c.r + 0.59f * c.g + 0.11f * c.b; }
[[nodiscard]] inline Rgb saturate(Rgb c) { return {saturate(c.r), saturate(c.g), saturate(c.b)}; }
/// Hue in turns: 0 red, 1/3 green, 2/3 blue.
[[nodiscard]] inline Rgb hued(float hue, float saturation, float value) {
  const auto channel = [&](float shift) {
    const float full = saturate(std::abs(fraction(hue + shift) * 6.0f - 3.0f) - 1.0f);
    return value * (1.0f - saturation * (1.0f - full));
  };
  return {channel(0.0f), channel(2.0f / 3.0f), channel(1.0f / 3.0f)};
}
[[nodiscard]] inline Rgb random_colour(QuickDice& dice) {
  const float hue = dice.uniform(0.0f, 1.0f);
  const float saturation = dice.chance(0.5f) ? dice.uniform(0.0f, 0.2f) : dice.uniform(0.2f, 0.95f);
  return hued(hue, saturation, dice.uniform(0.05f, 1.0f));
}

[[nodiscard]] inline std::uint32_t cell_bits(int x, int y, std::uint32_t seed) {
  std::uint32_t h = static_cast<std::uint32_t>(x) * 0x8da6b343u ^ static_cast<std::uint32_t>(y) * 0xd8163841u ^ seed;
  h = (h ^ h >> 15) * 0x2c1b3c6du;
  h = (h ^ h >> 12) * 0x297a2d39u;
  return h ^ h >> 15;
}
/// Uniform in [0, 1) for every lattice cell.
[[nodiscard]] inline float cell_value(int x, int y, std::uint32_t seed) {
  return static_cast<float>(cell_bits(x, y, seed) >> 8) * 0x1p-24f;
}
/// Smooth noise in 0 .. 1 with features of size 1.
[[nodiscard]] inline float noise(float x, float y, std::uint32_t seed) {
  const int ix = floor_to_int(x), iy = floor_to_int(y);
  const float fx = x - static_cast<float>(ix), fy = y - static_cast<float>(iy);
  const float sx = fx * fx * (3.0f - 2.0f * fx), sy = fy * fy * (3.0f - 2.0f * fy);
  const float top = blend(cell_value(ix, iy, seed), cell_value(ix + 1, iy, seed), sx);
  const float bottom = blend(cell_value(ix, iy + 1, seed), cell_value(ix + 1, iy + 1, seed), sx);
  return blend(top, bottom, sy);
}
/// `octaves` layers of noise, each of double frequency and `gain` times the weight; 0 .. 1, mean 1/2.
[[nodiscard]] inline float fractal(float x, float y, std::uint32_t seed, int octaves, float gain = 0.5f) {
  float sum = 0.0f, weight = 1.0f, total = 0.0f;
  for (int octave = 0; octave < octaves; ++octave) {
    sum += weight * noise(x, y, seed + static_cast<std::uint32_t>(octave) * 0x9e3779b9u);
    total += weight;
    weight *= gain;
    x = 2.0f * x + 17.3f;
    y = 2.0f * y + 5.7f;
  }
  return sum / total;
}

}  // namespace mdd::generate::pretraining
