#include "generate/pretraining_overlay.h"

#include "generate/pretraining_material.h"
#include "generate/pretraining_painter.h"

namespace mdd::generate::pretraining {

void Painter::stain(bool light) {
  const float radius = dice_.log_uniform(5.0f, 26.0f) * unit_;
  stamp_.blob(centre_, radius, dice_.uniform(0.2f, 0.9f), dice_.uniform(0.15f, 0.8f) * radius,
              static_cast<std::uint32_t>(dice_.bits()));
  const float strength = dice_.uniform(0.25f, 0.65f);
  const Rgb tint = hued(dice_.uniform(0.0f, 1.0f), dice_.uniform(0.0f, 0.4f), 1.0f);
  if (light) {
    fill(tint, strength);
  } else {
    paint([&](Vec, Rgb before) { return (1.0f - strength) * (tint * before); });
  }
}

void Painter::spot() {
  const float radius = dice_.log_uniform(1.2f, 5.0f) * unit_;
  stamp_.blob(centre_, radius, dice_.uniform(0.0f, 0.5f), 1.0f, static_cast<std::uint32_t>(dice_.bits()));
  fill(contrasting(), dice_.uniform(0.8f, 1.0f));
}

void Painter::dent() {
  const float radius = dice_.log_uniform(4.0f, 20.0f) * unit_;
  stamp_.disc(centre_, radius, 1.5f);
  const Vec light = random_heading(dice_);
  const float strength = dice_.uniform(0.6f, 1.6f);
  paint([&](Vec p, Rgb before) {
    const Vec q = (1.0f / radius) * (p - centre_);
    const float slope = 1.0f - std::min(dot(q, q), 1.0f);
    return (1.0f + strength * slope * 1.6f * dot(q, light)) * before;
  });
}

void Painter::hole() {
  const float radius = dice_.log_uniform(2.0f, 11.0f) * unit_;
  const float rim = dice_.uniform(1.0f, 1.0f + 0.25f * radius);
  stamp_.blob(centre_, radius + rim, 0.25f * dice_.uniform(0.0f, 1.0f), 1.0f, static_cast<std::uint32_t>(dice_.bits()));
  const Vec light = random_heading(dice_);
  const float depth = dice_.uniform(0.0f, 0.12f), shine = dice_.uniform(0.3f, 0.8f);
  paint([&](Vec p, Rgb before) {
    const Vec q = p - centre_;
    const float inside = covered(length(q) - radius);
    const Rgb lip = (1.0f + shine * dot(q, light) / (radius + rim)) * before;
    return blend(lip, Rgb{depth, depth, depth}, inside);
  });
}

void Painter::patch(float low, float high, float edge) {
  const float radius = dice_.log_uniform(low, high) * unit_;
  if (dice_.chance(0.6f)) {
    stamp_.blob(centre_, radius, dice_.uniform(0.0f, 0.8f), edge, static_cast<std::uint32_t>(dice_.bits()));
    return;
  }
  const int corners = 3 + dice_.below(4);
  const float turn = dice_.uniform(0.0f, kTurn);
  const float flat = dice_.uniform(0.5f, 1.0f);
  std::vector<Vec> outline;
  for (int k = 0; k < corners; ++k) {
    const Vec corner = heading(kTurn * static_cast<float>(k) / static_cast<float>(corners));
    outline.push_back(centre_ + rotated({radius * corner.x, flat * radius * corner.y}, heading(turn)));
  }
  stamp_.polygon(outline);
}

void Painter::foreign_patch() {
  patch(5.0f, 22.0f, 1.2f);
  const MaterialInstance foreign(dice_.below(kMaterialCount), dice_);
  paint([&](Vec p, Rgb) { return foreign.at(p.x, p.y); });
}

Rgb Painter::sampled(const Canvas& canvas, Vec p) {
  const float last = static_cast<float>(canvas.side - 1);
  const float x = std::clamp(p.x, 0.0f, last), y = std::clamp(p.y, 0.0f, last);
  const int x0 = std::min(static_cast<int>(x), canvas.side - 2), y0 = std::min(static_cast<int>(y), canvas.side - 2);
  const float fx = x - static_cast<float>(x0), fy = y - static_cast<float>(y0);
  const Rgb top = blend(canvas.colours[canvas.index(x0, y0)], canvas.colours[canvas.index(x0 + 1, y0)], fx);
  const Rgb bottom = blend(canvas.colours[canvas.index(x0, y0 + 1)], canvas.colours[canvas.index(x0 + 1, y0 + 1)], fx);
  return blend(top, bottom, fy);
}

void Painter::blur() {
  patch(6.0f, 22.0f, 2.5f);
  const Canvas before = canvas_;
  const bool smear = dice_.chance(0.5f);  // along one direction, or all around
  const Vec along = random_heading(dice_);
  const float reach = dice_.uniform(smear ? 3.0f : 1.5f, smear ? 9.0f : 4.0f) * std::sqrt(unit_);
  paint([&](Vec p, Rgb) {
    Rgb sum;
    for (int k = 0; k < 12; ++k) {
      const float t = (static_cast<float>(k) + 0.5f) / 12.0f;
      const Vec around = reach * std::sqrt(t) * Vec{wave(7.416f * t), wave(7.416f * t + 0.25f)};
      sum = sum + sampled(before, p + (smear ? (2.0f * t - 1.0f) * reach * along : around));
    }
    return (1.0f / 12.0f) * sum;
  });
}

void Painter::displacement() {
  const float radius = dice_.log_uniform(8.0f, 26.0f) * unit_;
  const bool broken = dice_.chance(0.4f);  // shifted as a whole, or twisted smoothly
  if (broken) {
    patch(6.0f, 18.0f, 1.0f);
  } else {
    stamp_.disc(centre_, radius);
  }
  const Canvas before = canvas_;
  const Vec shift = dice_.uniform(3.0f, 12.0f) * unit_ * random_heading(dice_);
  const float twist = dice_.sign() * dice_.uniform(0.5f, 1.8f);
  paint([&](Vec p, Rgb) {
    if (broken) return sampled(before, p + shift);
    const Vec q = p - centre_;
    const float inside = ramp(0.0f, 1.0f, 1.0f - length(q) / radius);
    return sampled(before, centre_ + rotated(q, heading(twist * inside)) + 0.4f * inside * shift);
  });
}

void Painter::discolouration() {
  patch(6.0f, 24.0f, dice_.uniform(1.0f, 8.0f));
  const float contrast = dice_.uniform(0.2f, 1.7f);
  const Rgb tint = hued(dice_.uniform(0.0f, 1.0f), dice_.uniform(0.1f, 0.6f), dice_.uniform(0.8f, 1.3f));
  const Rgb middle = under();
  paint([&](Vec, Rgb before) { return tint * (middle + contrast * (before - middle)); });
}

void Painter::missing_area() {
  patch(4.0f, 22.0f, 1.0f);
  fill(contrasting());
}

void Painter::screw() {
  const float radius = dice_.log_uniform(3.0f, 11.0f) * unit_;
  const bool round = dice_.chance(0.5f);
  const Vec axis = random_heading(dice_), light = random_heading(dice_);
  if (round) {
    stamp_.disc(centre_, radius);
  } else {
    std::vector<Vec> outline;
    outline.reserve(6);
    for (int k = 0; k < 6; ++k) {
      outline.push_back(centre_ + radius * rotated(axis, heading(kTurn * static_cast<float>(k) / 6.0f)));
    }
    stamp_.polygon(outline);
  }
  const Rgb metal = contrasting();
  const int slots = dice_.below(3);  // none, one, a cross
  paint([&](Vec p, Rgb) {
    const Vec q = (1.0f / radius) * (p - centre_);
    const Vec own = rotated(q, axis);
    const float slot = std::max(slots > 0 ? covered((std::abs(own.x) - 0.14f) * radius) : 0.0f,
                                slots > 1 ? covered((std::abs(own.y) - 0.14f) * radius) : 0.0f);
    const float rim = ramp(0.7f, 0.95f, length(q));
    const float shade = 1.0f + 0.3f * dot(q, light) - 0.35f * rim;
    return shade * (1.0f - 0.8f * slot * covered((length(q) - 0.75f) * radius)) * metal;
  });
}

void Painter::droplet() {
  const float radius = dice_.log_uniform(4.0f, 14.0f) * unit_;
  stamp_.blob(centre_, radius, dice_.uniform(0.0f, 0.3f), 1.0f, static_cast<std::uint32_t>(dice_.bits()));
  const Canvas before = canvas_;
  const Vec light = random_heading(dice_);
  const float zoom = dice_.uniform(0.4f, 0.8f);
  paint([&](Vec p, Rgb) {
    const Vec q = p - centre_;
    const Vec glint = q - 0.45f * radius * light;
    const float edge = ramp(0.55f, 1.0f, length(q) / radius);
    const Rgb seen = (1.0f - 0.45f * edge - 0.3f * dot(q, light) / radius) * sampled(before, centre_ + zoom * q);
    return blend(seen, Rgb{1.0f, 1.0f, 1.0f}, covered(length(glint) - 0.18f * radius, 1.5f));
  });
}

void Painter::draw(Overlay kind) {
  switch (kind) {
    case Overlay::kLightScratch:
      return scratch(true);
    case Overlay::kDarkScratch:
      return scratch(false);
    case Overlay::kCrack:
      return crack();
    case Overlay::kThickStroke:
      return thick_stroke();
    case Overlay::kDashedLine:
      return dashed_line();
    case Overlay::kFibre:
      return fibre();
    case Overlay::kScuff:
      return scuff();
    case Overlay::kDarkStain:
      return stain(false);
    case Overlay::kLightStain:
      return stain(true);
    case Overlay::kSpot:
      return spot();
    case Overlay::kRing:
      return ring();
    case Overlay::kSpecks:
      return specks();
    case Overlay::kDent:
      return dent();
    case Overlay::kHole:
      return hole();
    case Overlay::kForeignPatch:
      return foreign_patch();
    case Overlay::kBlur:
      return blur();
    case Overlay::kDisplacement:
      return displacement();
    case Overlay::kDiscolouration:
      return discolouration();
    case Overlay::kMissingArea:
      return missing_area();
    case Overlay::kGlyphs:
      return glyphs();
    case Overlay::kScrew:
      return screw();
    case Overlay::kDroplet:
      return droplet();
    case Overlay::kCount:
      break;
  }
}

void lay_overlay(Canvas& canvas, Overlay kind, int first_label, QuickDice& dice) {
  Painter(canvas, first_label + static_cast<int>(kind), dice).draw(kind);
}

}  // namespace mdd::generate::pretraining
