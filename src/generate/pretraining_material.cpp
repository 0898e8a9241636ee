#include "generate/pretraining_material.h"

#include "core/error.h"
#include "generate/pretraining_pattern.h"

namespace mdd::generate::pretraining {
namespace {

constexpr std::uint64_t kMaterialSeed = 20260101;
constexpr int kPaletteCount = 24;
constexpr int kPlainCount = 5;  // there is little to tell plain materials apart by

/// Few palettes for many materials: the colour alone does not tell which one it is.
std::array<Rgb, 3> palette(int index) {
  QuickDice dice(kMaterialSeed * 1000 + static_cast<std::uint64_t>(index));
  // A third nearly grey, a third in the warm hues of wood, clay, leather and brass, a third of any hue.
  const int group = index % 3;
  const float hue = group == 1 ? dice.uniform(0.03f, 0.15f) : fraction(0.618034f * static_cast<float>(index));
  const float saturation = group == 0 ? dice.uniform(0.0f, 0.1f) : dice.uniform(0.15f, 0.65f);
  const float value = dice.uniform(0.2f, 0.95f);
  const float step = dice.uniform(0.22f, 0.5f);
  const float other = value > 0.55f ? value - step : value + step;
  const float spread = group == 1 ? dice.uniform(-0.04f, 0.04f) : dice.uniform(-0.12f, 0.12f);
  const float accent = dice.uniform(0.05f, 1.0f);
  const float accent_hue = hue + dice.uniform(0.2f, 0.8f);
  return {hued(hue, saturation, value), hued(hue + spread, saturation * 0.8f, other),
          hued(accent_hue, saturation, accent)};
}

/// Smallest and largest period in pixels.
struct PeriodRange {
  float low, high;
};
PeriodRange period_range(Family family) {
  switch (family) {
    case Family::kClouds:
    case Family::kBlobs:
    case Family::kRidges:
      return {6.0f, 36.0f};
    case Family::kStripes:
    case Family::kChevron:
      return {4.0f, 24.0f};
    case Family::kTiles:
    case Family::kBricks:
      return {8.0f, 34.0f};
    case Family::kWeave:
      return {3.5f, 13.0f};
    case Family::kWood:
      return {5.0f, 24.0f};
    case Family::kMarble:
      return {10.0f, 36.0f};
    case Family::kFibres:
      return {10.0f, 34.0f};
    case Family::kPolygons:
      return {12.0f, 38.0f};
    case Family::kCrosshatch:
      return {5.0f, 16.0f};
    case Family::kScales:
      return {8.0f, 30.0f};
    default:
      return {5.0f, 26.0f};
  }
}

Material made(int index) {
  constexpr int kPatterned = static_cast<int>(Family::kPlain);
  QuickDice dice(kMaterialSeed << 20 | static_cast<std::uint64_t>(index));
  Material m;
  m.family = index < kPlainCount ? Family::kPlain : static_cast<Family>(index % kPatterned);
  m.seed = static_cast<std::uint32_t>(dice.bits());
  // Within a family, variants and periods take turns, so that no two materials are alike by chance.
  const int rank = index / kPatterned;
  constexpr int kRanks = (kMaterialCount + kPatterned - 1) / kPatterned;
  m.variant = rank % 3;
  m.octaves = 2 + dice.below(4);
  const PeriodRange range = period_range(m.family);
  const float share = (static_cast<float>(rank * 5 % kRanks) + dice.uniform(0.2f, 0.8f)) / static_cast<float>(kRanks);
  m.period = range.low * std::pow(range.high / range.low, share);
  m.aspect = m.family == Family::kBricks ? dice.uniform(1.6f, 3.2f) : dice.log_uniform(0.7f, 2.2f);
  m.thickness = dice.uniform(0.0f, 1.0f);
  m.jitter = dice.uniform(0.0f, 1.0f);
  m.softness = dice.uniform(0.0f, 1.0f);
  m.grain = dice.chance(0.4f) ? 0.0f : dice.uniform(0.0f, m.family == Family::kPlain ? 0.2f : 0.12f);
  m.grain_size = dice.log_uniform(0.8f, 3.0f);
  m.colours = palette(dice.below(kPaletteCount));
  if (dice.chance(0.5f)) std::swap(m.colours[0], m.colours[1]);
  return m;
}

std::array<Material, kMaterialCount> make_all() {
  std::array<Material, kMaterialCount> all;
  for (int index = 0; index < kMaterialCount; ++index) all[static_cast<std::size_t>(index)] = made(index);
  return all;
}

}  // namespace

const Material& material(int index) {
  require(index >= 0 && index < kMaterialCount, "index of a pretraining material");
  static const std::array<Material, kMaterialCount> all = make_all();
  return all[static_cast<std::size_t>(index)];
}

MaterialInstance::MaterialInstance(int index, QuickDice& dice) : index_(index), material_(material(index)) {
  const float scale = dice.log_uniform(0.8f, 1.25f);
  axis_ = (1.0f / scale) * random_heading(dice);
  offset_ = {dice.uniform(-900.0f, 900.0f), dice.uniform(-900.0f, 900.0f)};
  // Exposure and tint of this delivery of the material, and a part of its own hue lost or gained.
  const float light = dice.uniform(0.82f, 1.18f);
  const Rgb tint{dice.uniform(0.9f, 1.1f), dice.uniform(0.94f, 1.06f), dice.uniform(0.9f, 1.1f)};
  const float colourful = dice.uniform(0.6f, 1.25f);
  for (Rgb& colour : material_.colours) {
    const float grey = luminance(colour);
    colour = light * (tint * blend(Rgb{grey, grey, grey}, colour, colourful));
  }
}

Rgb MaterialInstance::at(float x, float y) const {
  const Vec p = rotated({x, y}, axis_) + offset_;
  const Tone tone = pattern(material_, p);
  const Rgb colour =
      blend(blend(material_.colours[0], material_.colours[1], tone.second), material_.colours[2], tone.third);
  if (material_.grain == 0.0f) return tone.light * colour;
  const float grain = noise(p.x / material_.grain_size, p.y / material_.grain_size, material_.seed ^ 0x51ed27u) - 0.5f;
  return (tone.light + 2.0f * material_.grain * grain) * colour;
}

}  // namespace mdd::generate::pretraining
