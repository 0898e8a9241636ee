// The arithmetic of the synthetic anomaly's mask (spec S7, step 1), shared by every backend and written once.
//
// For image side S and attempt a, draws of RandomStream(seed, epoch, item, Purpose::kPerlin) in blocks of four words:
// block 0 of an attempt holds the lattice exponents kx, ky in 0..5, the angle and the p_normal draw; the gradient at
// lattice corner (i, j) is word (i + 33 j) mod 4 of block 1 + (i + 33 j) / 4. An attempt owns kBlocksPerAttempt blocks.
// Noise is evaluated at the pixel's position rotated about the image's centre, rather than evaluated and then rotated:
// no second interpolation, and every pixel is independent of every other.
#pragma once
#include <array>
#include <cmath>
#include <cstdint>

#include "core/rng.h"
#include "ops/params.h"

namespace mdd::perlin {

inline constexpr std::uint32_t kCornersPerSide = 33;  // 2^5 + 1
inline constexpr std::uint32_t kBlocksPerAttempt = 1 + (kCornersPerSide * kCornersPerSide + 3) / 4;

[[nodiscard]] constexpr std::array<std::uint32_t, 4> block(const PerlinKey& key, std::uint32_t index) noexcept {
  return philox4x32(key.seed, {index, static_cast<std::uint32_t>(Purpose::kPerlin), key.item, key.epoch});
}

/// Unit vector at an angle given in turns (0..1); polynomials on an octant, no library call, so that all machines
/// agree.
struct Direction {
  float cosine, sine;
};
[[nodiscard]] constexpr Direction direction(float turns) noexcept {
  const int quadrant = static_cast<int>(turns * 4.0f) & 3;
  const float angle = (turns * 4.0f - static_cast<float>(static_cast<int>(turns * 4.0f)) - 0.5f) * 1.57079632679f;
  const float q = angle * angle;  // |angle| <= pi / 4: Taylor terms to the seventh and eighth order, error < 4e-7
  const float s = angle * (1.0f - q * (1.0f / 6.0f - q * (1.0f / 120.0f - q * (1.0f / 5040.0f))));
  const float c = 1.0f - q * (0.5f - q * (1.0f / 24.0f - q * (1.0f / 720.0f - q * (1.0f / 40320.0f))));
  const float x = 0.70710678f * (c - s);  // turned by pi / 4 into the middle of the quadrant
  const float y = 0.70710678f * (c + s);
  switch (quadrant) {
    case 0:
      return {x, y};
    case 1:
      return {-y, x};
    case 2:
      return {-x, -y};
    default:
      return {y, -x};
  }
}

/// What one attempt draws once, before any pixel.
struct Attempt {
  std::uint32_t first_block = 0;   ///< of its gradients
  float cells_x = 1, cells_y = 1;  ///< lattice cells along each axis: 1, 2, 4 .. 32
  Direction rotation{1, 0};
  bool insert = true;  ///< false: p_normal struck, the mask stays empty
};

[[nodiscard]] constexpr Attempt attempt(const PerlinKey& key, int index, float p_normal) noexcept {
  Attempt out;
  const std::uint32_t first = static_cast<std::uint32_t>(index) * kBlocksPerAttempt;
  const auto word = block(key, first);
  out.first_block = first + 1;
  out.cells_x = static_cast<float>(1u << ((std::uint64_t{word[0]} * 6) >> 32));
  out.cells_y = static_cast<float>(1u << ((std::uint64_t{word[1]} * 6) >> 32));
  const float quarter_turns = uniform_from_bits(word[2]) * 0.5f - 0.25f;  // -90 .. 90 degrees
  out.rotation = direction(quarter_turns < 0.0f ? quarter_turns + 1.0f : quarter_turns);
  out.insert = index > 0 || uniform_from_bits(word[3]) >= p_normal;
  return out;
}

/// Gradient vector at a lattice corner.
[[nodiscard]] constexpr Direction gradient(const PerlinKey& key, const Attempt& a, std::uint32_t i,
                                           std::uint32_t j) noexcept {
  const std::uint32_t corner = i + kCornersPerSide * j;
  return direction(uniform_from_bits(block(key, a.first_block + corner / 4)[corner % 4]));
}

[[nodiscard]] constexpr float fade(float t) noexcept { return t * t * t * (t * (t * 6.0f - 15.0f) + 10.0f); }

/// Where pixel (x, y) falls on the lattice; `inside` is false where the rotation uncovers the ground.
struct LatticePoint {
  float u = 0, v = 0;
  bool inside = false;
};
[[nodiscard]] constexpr LatticePoint lattice_point(const Attempt& a, std::int64_t side, std::int64_t x,
                                                   std::int64_t y) noexcept {
  const float centre = 0.5f * static_cast<float>(side - 1);
  const float dx = static_cast<float>(x) - centre;
  const float dy = static_cast<float>(y) - centre;
  const float px = a.rotation.cosine * dx + a.rotation.sine * dy + centre;
  const float py = a.rotation.cosine * dy - a.rotation.sine * dx + centre;
  const auto limit = static_cast<float>(side - 1);
  LatticePoint out;
  out.inside = px >= 0.0f && py >= 0.0f && px <= limit && py <= limit;
  out.u = px * a.cells_x / static_cast<float>(side);
  out.v = py * a.cells_y / static_cast<float>(side);
  return out;
}

/// Noise at an inside lattice point; `corner(i, j)` returns the gradient there.
template <class Corner>
[[nodiscard]] constexpr float noise(const LatticePoint& p, const Corner& corner) noexcept {
  const auto i = static_cast<std::uint32_t>(p.u);
  const auto j = static_cast<std::uint32_t>(p.v);
  const float x = p.u - static_cast<float>(i);
  const float y = p.v - static_cast<float>(j);
  const auto dot = [&](std::uint32_t di, std::uint32_t dj) {
    const Direction g = corner(i + di, j + dj);
    return g.cosine * (x - static_cast<float>(di)) + g.sine * (y - static_cast<float>(dj));
  };
  const float fx = fade(x);
  const float top = dot(0, 0) + fx * (dot(1, 0) - dot(0, 0));
  const float bottom = dot(0, 1) + fx * (dot(1, 1) - dot(0, 1));
  return 1.41421356f * (top + fade(y) * (bottom - top));
}

}  // namespace mdd::perlin
