// Smooth pseudo-random textures of the plane, a pure function of position and seed.
#pragma once
#include <cstdint>

namespace mdd::generate {

/// Uniform in [0, 1) for every lattice cell.
[[nodiscard]] double cell_value(std::int64_t x, std::int64_t y, std::uint32_t seed);

/// Value noise in -1 .. 1 with features of size 1; quintic interpolation of cell values.
[[nodiscard]] double smooth_noise(double x, double y, std::uint32_t seed);

/// `octaves` layers of smooth noise, each of double frequency and half weight; about -1 .. 1.
[[nodiscard]] double cloud_noise(double x, double y, std::uint32_t seed, int octaves);

}  // namespace mdd::generate
