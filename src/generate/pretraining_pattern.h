// The patterns behind the materials of the pretraining scenes, one function a family.
#pragma once
#include "generate/pretraining_material.h"

namespace mdd::generate::pretraining {

/// Where between a material's colours a point lies: first to second, that to the third, then times `light`.
struct Tone {
  float second = 0.0f;
  float third = 0.0f;
  float light = 1.0f;
};

/// Noise of deviation about 0.15 spread to 0 .. 1; `softness` decides how hard the steps are.
[[nodiscard]] inline float contrasted(float value, float softness) {
  const float half = 0.04f + 0.3f * softness;
  return ramp(0.5f - half, 0.5f + half, value);
}

[[nodiscard]] inline std::uint32_t other_seed(const Material& m, std::uint32_t which) {
  return m.seed ^ which * 0x85ebca6bu;
}

/// Displaces a point by smooth noise of up to `amount` pixels.
[[nodiscard]] inline Vec warped(const Material& m, Vec p, float size, float amount) {
  const float dx = noise(p.x / size, p.y / size, other_seed(m, 11)) - 0.5f;
  const float dy = noise(p.x / size, p.y / size, other_seed(m, 12)) - 0.5f;
  return p + 2.0f * amount * Vec{dx, dy};
}

// The families that repeat on a lattice.
[[nodiscard]] Tone stripes(const Material& m, Vec p);
[[nodiscard]] Tone chevron(const Material& m, Vec p);
[[nodiscard]] Tone tiles(const Material& m, Vec p);
[[nodiscard]] Tone bricks(const Material& m, Vec p);
[[nodiscard]] Tone dots(const Material& m, Vec p);
[[nodiscard]] Tone weave(const Material& m, Vec p);
[[nodiscard]] Tone mesh(const Material& m, Vec p);
[[nodiscard]] Tone hexagons(const Material& m, Vec p);
[[nodiscard]] Tone scales(const Material& m, Vec p);

/// `at`: point of the material's plane, in pixels.
[[nodiscard]] Tone pattern(const Material& material, Vec at);

}  // namespace mdd::generate::pretraining
