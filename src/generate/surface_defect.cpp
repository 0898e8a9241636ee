#include "generate/surface_defect.h"

#include <array>

#include "generate/noise.h"
#include "generate/shapes.h"

namespace mdd::generate {
namespace {

constexpr Point kLight{-0.6, -0.8};  // direction from which dents are lit, shared by all scenes

}  // namespace

SurfaceDefect::SurfaceDefect(DefectType type, Point centre, bool light_marks, double severity, double pixel, Dice& dice)
    : type_(type), centre_(centre), severity_(severity), pixel_(pixel), seed_(dice.bits()) {
  const double growth = std::sqrt(severity);  // of a radius, if the area grows by the severity
  switch (type) {
    case DefectType::kScratch: {
      const double heading = dice.uniform(0.0, 1.0);
      const double total = dice.uniform(0.3, 0.8);
      lines_.push_back(
          wandering_line(dice, centre - 0.5 * total * direction(heading), heading, total, 10, 0.08, 0.012));
      width_ = severity * dice.uniform(0.008, 0.016);
      strength_ = contrast(dice.uniform(0.24, 0.4), 0.6) * (light_marks ? 1.0 : -1.0);
      reach_ = total + 0.1;
      break;
    }
    case DefectType::kCrack:
      draw_crack(dice);
      break;
    case DefectType::kStain: {
      static constexpr std::array<Colour, 4> kTints{
          {{0.36, 0.22, 0.10}, {0.10, 0.10, 0.13}, {0.52, 0.26, 0.08}, {0.18, 0.24, 0.12}}};
      radius_ = growth * dice.uniform(0.1, 0.24);
      strength_ = contrast(dice.uniform(0.4, 0.75), 0.95);
      colour_ = kTints[static_cast<std::size_t>(dice.below(4))];
      reach_ = 1.6 * radius_;
      break;
    }
    case DefectType::kDent:
      radius_ = growth * dice.uniform(0.11, 0.22);
      strength_ = contrast(dice.uniform(0.24, 0.36), 0.6);
      reach_ = radius_;
      break;
    case DefectType::kContamination:
      draw_contamination(dice);
      break;
    case DefectType::kHole:
      radius_ = growth * dice.uniform(0.045, 0.11);
      reach_ = 1.6 * radius_ + 0.05;
      break;
    case DefectType::kStructure:
      fail(ErrorKind::kRuntime, "internal error: a structural defect lies on no surface");
  }
}

void SurfaceDefect::draw_crack(Dice& dice) {
  const double heading = dice.uniform(0.0, 1.0);
  const double total = dice.uniform(0.4, 0.85);
  lines_.push_back(wandering_line(dice, centre_ - 0.5 * total * direction(heading), heading, total, 14, 0.06, 0.09));
  const int branches = 1 + dice.below(3);
  for (int i = 0; i < branches; ++i) {
    const Point from = lines_[0][std::size_t{3} + static_cast<std::size_t>(dice.below(8))];
    const double aside = heading + dice.either_sign(0.08, 0.16);
    lines_.push_back(wandering_line(dice, from, aside, dice.uniform(0.12, 0.3), 6, 0.04, 0.08));
  }
  width_ = severity_ * dice.uniform(0.012, 0.022);
  strength_ = contrast(dice.uniform(0.65, 0.85), 0.95);
  reach_ = total + 0.4;
}

void SurfaceDefect::draw_contamination(Dice& dice) {
  static constexpr std::array<Colour, 4> kColours{
      {{0.12, 0.11, 0.12}, {0.62, 0.10, 0.12}, {0.10, 0.22, 0.52}, {0.93, 0.92, 0.86}}};
  colour_ = kColours[static_cast<std::size_t>(dice.below(4))];
  if (dice.below(2) == 0) {  // a hair or fibre
    const double total = dice.uniform(0.4, 0.75);
    const double heading = dice.uniform(0.0, 1.0);
    lines_.push_back(wandering_line(dice, centre_ - 0.4 * total * direction(heading), heading, total, 16, 0.5, 0.03));
    width_ = severity_ * dice.uniform(0.013, 0.021);
    reach_ = total + 0.1;
    return;
  }
  const int count = 2 + dice.below(5);  // crumbs
  for (int i = 0; i < count; ++i) {
    const Point offset = random_offset(dice, 0.0, 0.13);
    blobs_.push_back({centre_ + offset, std::sqrt(severity_) * dice.uniform(0.022, 0.055)});
  }
  reach_ = 0.3;
}

double SurfaceDefect::wobbly_disc(Point p, double edge) const {
  const Point d = p - centre_;
  const double wobble = cloud_noise(3.0 * d.x / radius_ / 2.0, 3.0 * d.y / radius_ / 2.0, seed_, 3);
  return 1.0 - smoothstep(-edge, edge, length(d) - radius_ * (1.0 + 0.55 * wobble));
}

Colour SurfaceDefect::scratch(Colour clean, Point p) const {
  const Nearest nearest = nearest_on(lines_[0], p);
  const double taper = 0.4 + 0.6 * bell(2.0 * nearest.along - 1.0);
  const double core = coverage(nearest.distance - 0.5 * width_ * taper, pixel_);
  const double furrow = coverage(nearest.distance - 1.3 * width_ * taper, 1.5 * pixel_);
  const double rough = 0.85 + 0.15 * smooth_noise(60.0 * nearest.along, 0.5, seed_);
  // An offset, not a colour: it cannot happen to equal what lies below.
  return clean + grey(strength_ * rough * core + 0.25 * strength_ * furrow);
}

Colour SurfaceDefect::crack(Colour clean, Point p) const {
  double dark = 0.0;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const Nearest nearest = nearest_on(lines_[i], p);
    const double taper = i == 0 ? 0.35 + 0.65 * bell(2.0 * nearest.along - 1.0) : 0.7 * (1.0 - 0.8 * nearest.along);
    dark = std::max(dark, coverage(nearest.distance - 0.5 * width_ * taper, pixel_));
  }
  return (1.0 - strength_ * dark) * clean + (-0.06 * dark) * grey(1.0);
}

Colour SurfaceDefect::stain(Colour clean, Point p) const {
  const double inside = wobbly_disc(p, 0.05);
  const double rim = 4.0 * inside * (1.0 - inside);
  const double uneven = 0.85 + 0.15 * cloud_noise(9.0 * p.x, 9.0 * p.y, seed_ + 7, 2);
  const double share = saturate((strength_ * uneven + 0.15 * rim) * inside);
  const Colour soaked{clean.r * (0.25 + colour_.r), clean.g * (0.25 + colour_.g), clean.b * (0.25 + colour_.b)};
  return mix(clean, mix(soaked, colour_, 0.45), share);
}

Colour SurfaceDefect::dent(const Scene& scene, Point p) const {
  const Point d = (1.0 / radius_) * (p - centre_);
  const double depth = bell(length(d));
  const double slope = dot(d, kLight) * std::sqrt(depth);
  const Colour seen = scene.at(p + 0.35 * radius_ * depth * d);
  return (1.0 - 0.12 * depth) * seen + (strength_ * (1.3 * slope - 0.22 * depth)) * grey(1.0);
}

Colour SurfaceDefect::contamination(Colour clean, Point p) const {
  Colour out = clean;
  const Point shadow_at = p + Point{-0.012, -0.016};
  for (const std::vector<Point>& line : lines_) {
    const double shadow = coverage(nearest_on(line, shadow_at).distance - 0.7 * width_, 3.0 * pixel_);
    out = (1.0 - 0.3 * shadow) * out;
    const double distance = nearest_on(line, p).distance;
    const double gloss = bell(distance / width_);
    out = mix(out, (0.75 + 0.35 * gloss) * colour_, coverage(distance - 0.5 * width_, pixel_));
  }
  for (const Blob& blob : blobs_) {
    const double wobble = 0.35 * blob.radius * cloud_noise(1.4 * p.x / blob.radius, 1.4 * p.y / blob.radius, seed_, 2);
    out = (1.0 - 0.35 * coverage(circle(shadow_at, blob.centre, blob.radius) + wobble, 3.0 * pixel_)) * out;
    const Point d = (1.0 / blob.radius) * (p - blob.centre);
    const double light = 0.85 + 0.3 * dot(d, kLight) + 0.15 * smooth_noise(40.0 * p.x, 40.0 * p.y, seed_ + 3);
    out = mix(out, light * colour_, coverage(circle(p, blob.centre, blob.radius) + wobble, pixel_));
  }
  return out;
}

Colour SurfaceDefect::hole(Colour clean, Point p) const {
  const double inside = wobbly_disc(p, 1.2 * pixel_);
  const Point d = (1.0 / radius_) * (p - centre_);
  const double lit_wall = saturate(-0.5 * dot(d, kLight)) * 0.16;
  const double rim = wobbly_disc(centre_ + 0.82 * (p - centre_), 2.0 * pixel_);
  const Colour frayed = (1.0 - 0.35 * rim) * clean;
  return mix(frayed, grey(0.04 + lit_wall), inside);
}

Colour SurfaceDefect::apply(const Scene& scene, Point p) const {
  const Colour clean = scene.at(p);
  if (length(p - centre_) > reach_) return clean;
  if (type_ == DefectType::kContamination) return contamination(clean, p);
  const double surface = scene.surface(p);
  return surface > 0.0 ? mix(clean, on_surface(scene, clean, p), surface) : clean;
}

Colour SurfaceDefect::on_surface(const Scene& scene, Colour clean, Point p) const {
  switch (type_) {
    case DefectType::kScratch:
      return scratch(clean, p);
    case DefectType::kCrack:
      return crack(clean, p);
    case DefectType::kStain:
      return stain(clean, p);
    case DefectType::kDent:
      return dent(scene, p);
    case DefectType::kHole:
      return hole(clean, p);
    case DefectType::kContamination:
    case DefectType::kStructure:
      break;  // neither comes here
  }
  return clean;
}

}  // namespace mdd::generate
