#include "generate/noise.h"

#include "generate/arithmetic.h"

namespace mdd::generate {

double cell_value(std::int64_t x, std::int64_t y, std::uint32_t seed) {
  std::uint32_t h = seed * 0x9E3779B1u + static_cast<std::uint32_t>(x) * 0x85EBCA77u;
  h = (h ^ (h >> 15)) * 0x2C1B3C6Du + static_cast<std::uint32_t>(y) * 0xC2B2AE3Du;
  h = (h ^ (h >> 12)) * 0x297A2D39u;
  h = (h ^ (h >> 15)) * 0x85EBCA6Bu;
  return static_cast<double>(h ^ (h >> 16)) * 0x1p-32;
}

double smooth_noise(double x, double y, std::uint32_t seed) {
  const double fx = std::floor(x);
  const double fy = std::floor(y);
  const auto ix = static_cast<std::int64_t>(fx);
  const auto iy = static_cast<std::int64_t>(fy);
  const auto fade = [](double t) { return t * t * t * (t * (t * 6.0 - 15.0) + 10.0); };
  const double u = fade(x - fx);
  const double v = fade(y - fy);
  const double top = mix(cell_value(ix, iy, seed), cell_value(ix + 1, iy, seed), u);
  const double bottom = mix(cell_value(ix, iy + 1, seed), cell_value(ix + 1, iy + 1, seed), u);
  return 2.0 * mix(top, bottom, v) - 1.0;
}

double cloud_noise(double x, double y, std::uint32_t seed, int octaves) {
  double sum = 0.0;
  double weight = 0.5;
  for (int octave = 0; octave < octaves; ++octave) {
    sum += weight * smooth_noise(x, y, seed + static_cast<std::uint32_t>(octave));
    x = 2.0 * x + 17.3;
    y = 2.0 * y + 9.1;
    weight *= 0.5;
  }
  return sum;
}

}  // namespace mdd::generate
