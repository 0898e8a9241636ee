// An assembled circuit board: copper tracks under green lacquer, vias, a chip, resistors and a capacitor.
#include <array>
#include <vector>

#include "generate/noise.h"
#include "generate/scene.h"
#include "generate/shapes.h"

namespace mdd::generate {
namespace {

constexpr int kTracks = 12;

/// The layout is one for all boards: every track is a polyline with 45 degree bends.
const std::array<std::vector<Point>, kTracks>& tracks() {
  static const std::array<std::vector<Point>, kTracks> layout{{
      {{-0.85, -0.72}, {-0.55, -0.72}, {-0.35, -0.52}, {-0.35, -0.34}},
      {{-0.85, -0.56}, {-0.62, -0.56}, {-0.21, -0.52}, {-0.21, -0.34}},
      {{-0.07, -0.34}, {-0.07, -0.62}, {0.10, -0.79}, {0.80, -0.79}},
      {{0.07, -0.34}, {0.07, -0.52}, {0.20, -0.65}, {0.45, -0.65}},
      {{0.21, -0.34}, {0.21, -0.45}, {0.28, -0.52}, {0.48, -0.52}},
      {{0.35, -0.34}, {0.82, -0.34}, {0.82, -0.50}},
      {{-0.35, 0.10}, {-0.35, 0.26}, {-0.55, 0.46}, {-0.85, 0.46}},
      {{-0.21, 0.10}, {-0.21, 0.34}, {-0.47, 0.60}, {-0.85, 0.60}},
      {{-0.07, 0.10}, {-0.07, 0.40}, {-0.33, 0.66}, {-0.33, 0.86}},
      {{0.07, 0.10}, {0.07, 0.50}, {0.02, 0.55}, {0.02, 0.86}},
      {{0.21, 0.10}, {0.21, 0.26}, {0.33, 0.38}, {0.46, 0.38}},
      {{0.35, 0.10}, {0.35, 0.14}, {0.42, 0.21}, {0.85, 0.21}},
  }};
  return layout;
}

struct Part {
  Point centre;
  Point half;
  Colour colour;
};
constexpr int kParts = 5;
constexpr std::array<Part, kParts> kSmallParts{{{{0.58, -0.65}, {0.085, 0.045}, {0.10, 0.10, 0.11}},
                                                {{0.60, -0.50}, {0.085, 0.045}, {0.10, 0.10, 0.11}},
                                                {{0.58, 0.38}, {0.085, 0.045}, {0.62, 0.52, 0.38}},
                                                {{0.58, 0.56}, {0.085, 0.045}, {0.62, 0.52, 0.38}},
                                                {{-0.62, -0.14}, {0.085, 0.045}, {0.10, 0.10, 0.11}}}};

class Circuit final : public Scene {
 public:
  Circuit(Dice& dice, double pixel) : pixel_(pixel), seed_(dice.bits()) {
    tone_ = dice.uniform(0.95, 1.05);
    for (Point& offset : part_offset_) offset = {dice.uniform(-0.008, 0.008), dice.uniform(-0.008, 0.008)};
  }

  [[nodiscard]] Colour at(Point p) const override {
    const double weave =
        0.04 * sine(26.0 * p.x) * sine(26.0 * p.y) + 0.06 * cloud_noise(5.0 * p.x, 5.0 * p.y, seed_, 3);
    Colour out = (tone_ * (1.0 + weave)) * Colour{0.07, 0.30, 0.17};
    out = mix(out, (tone_ * (1.0 + weave)) * Colour{0.17, 0.47, 0.24}, copper(p));
    out = mix(out, grey(0.86), silk_screen(p));
    out = with_vias(out, p);
    for (int i = 0; i < kParts; ++i) out = with_part(out, p, i);
    return with_chip(out, p);
  }

  void damage(std::string_view defect, Dice& dice) override {
    const int track = dice.below(kTracks);
    const std::vector<Point>& line = tracks()[static_cast<std::size_t>(track)];
    const auto segment = static_cast<std::size_t>(dice.below(static_cast<int>(line.size()) - 1));
    const Point spot = line[segment] + dice.uniform(0.3, 0.7) * (line[segment + 1] - line[segment]);
    if (defect == "broken_track") {
      broken_track_ = track;
      break_ = spot;
      break_radius_ = dice.uniform(0.04, 0.075);
    } else if (defect == "short") {
      const int pin = dice.below(5);  // solder between two neighbouring pins
      bridge_ = {-0.35 + 0.14 * pin + 0.07, dice.below(2) == 0 ? -0.335 : 0.095};
      bridge_size_ = dice.uniform(0.032, 0.05);
    } else if (defect == "missing_part") {
      missing_part_ = dice.below(kParts);
    } else {
      swapped_part_ = dice.below(kParts);
      turned_ = dice.below(2) == 0;
    }
  }

 private:
  [[nodiscard]] double copper(Point p) const {
    double best = 1.0;
    for (int i = 0; i < kTracks; ++i) {
      double distance = nearest_on(tracks()[static_cast<std::size_t>(i)], p).distance - 0.021;
      if (i == broken_track_) {
        const double ragged = 0.01 * smooth_noise(40.0 * p.x, 40.0 * p.y, seed_ + 2);
        distance = std::max(distance, break_radius_ + ragged - length(p - break_));
      }
      best = std::min(best, distance);
    }
    return coverage(best, pixel_);
  }
  [[nodiscard]] double silk_screen(Point p) const {
    double best = std::abs(rounded_box(p, {0.0, -0.12}, {0.50, 0.285}, 0.0)) - 0.005;
    best = std::min(best, circle(p, {-0.58, 0.10}, 0.018));  // marks pin 1
    for (const Part& part : kSmallParts) {
      best = std::min(best, std::abs(rounded_box(p, part.centre, part.half + Point{0.04, 0.03}, 0.01)) - 0.004);
    }
    for (int i = 0; i < 6; ++i) {  // a line of type
      const double x = -0.02 + 0.075 * i;
      const double height = 0.018 + 0.014 * cell_value(i, 0, 3);
      best = std::min(best, std::abs(rounded_box(p, {0.35 + x, 0.80}, {0.02, height}, 0.008)) - 0.005);
    }
    return coverage(best, pixel_);
  }
  [[nodiscard]] Colour with_vias(Colour below, Point p) const {
    Colour out = below;
    for (const std::vector<Point>& line : tracks()) {
      const double radius = length(p - (length(line.front()) > length(line.back()) ? line.front() : line.back()));
      if (radius > 0.08) continue;
      const double tin =
          0.70 + 0.12 * smooth_noise(20.0 * p.x, 20.0 * p.y, seed_ + 3) - 1.2 * (p.y - line.front().y) * 0.1;
      out = mix(out, tin * Colour{1.0, 0.95, 0.80}, coverage(radius - 0.045, pixel_));
      out = mix(out, grey(0.06), coverage(radius - 0.02, pixel_));
    }
    return out;
  }
  [[nodiscard]] Colour tinned(Colour below, Point p, Point centre, Point half) const {
    const double distance = rounded_box(p, centre, half, 0.012);
    const double light = 0.66 + 4.0 * (centre.y - p.y) * half.y + 0.2 * bell((p.y - centre.y + 0.4 * half.y) / half.y) +
                         0.05 * smooth_noise(30.0 * p.x, 30.0 * p.y, seed_ + 4);
    return mix(below, light * Colour{0.98, 0.99, 1.0}, coverage(distance, pixel_));
  }
  [[nodiscard]] Colour with_part(Colour below, Point p, int index) const {
    const Part& part = kSmallParts[static_cast<std::size_t>(index)];
    Colour out = tinned(below, p, part.centre - Point{0.09, 0.0}, {0.036, 0.05});
    out = tinned(out, p, part.centre + Point{0.09, 0.0}, {0.036, 0.05});
    if (index == missing_part_) return out;
    const bool swapped = index == swapped_part_;
    Point q = p - part.centre - part_offset_[static_cast<std::size_t>(index)];
    if (swapped && turned_) q = rotated(q, 0.09);
    const Colour wrong = part.colour.r > 0.3 ? Colour{0.10, 0.10, 0.11} : Colour{0.62, 0.52, 0.38};
    const Colour body = swapped && !turned_ ? wrong : part.colour;
    out = (1.0 - 0.5 * (1.0 - smoothstep(-0.02, 0.04, rounded_box(q, {0.01, 0.015}, part.half, 0.01)))) * out;
    const double edge = rounded_box(q, {}, part.half, 0.01);
    const double light = 1.0 + 0.5 * bell((edge + 0.012) / 0.014) * (q.y < 0.0 ? 1.0 : -0.6);
    out = mix(out, light * body, coverage(edge, pixel_));
    const double caps = rounded_box({std::abs(q.x), q.y}, {part.half.x - 0.013, 0.0}, {0.015, part.half.y}, 0.005);
    return mix(out, (0.75 - 1.5 * q.y) * grey(1.0), coverage(caps, pixel_));
  }
  [[nodiscard]] Colour with_chip(Colour below, Point p) const {
    Colour out = below;
    for (int i = 0; i < 6; ++i) {
      const double x = -0.35 + 0.14 * i;
      out = tinned(out, p, {x, -0.335}, {0.03, 0.055});
      out = tinned(out, p, {x, 0.095}, {0.03, 0.055});
    }
    if (bridge_size_ > 0.0) {
      const double blob = rounded_box(p, bridge_, {0.075, bridge_size_}, 0.03);
      const double light = 0.68 + 0.25 * bell(length(p - bridge_ + Point{0.01, 0.02}) / 0.05);
      out = mix(out, light * Colour{0.98, 0.99, 1.0}, coverage(blob, pixel_));
    }
    const Point q = p - Point{0.0, -0.12};
    const double shadow = 1.0 - smoothstep(-0.02, 0.05, rounded_box(q, {0.012, 0.02}, {0.42, 0.185}, 0.015));
    out = (1.0 - 0.5 * shadow) * out;
    const double edge = rounded_box(q, {}, {0.42, 0.185}, 0.015);
    const double plastic = 0.135 + 0.015 * cloud_noise(60.0 * p.x, 60.0 * p.y, seed_ + 5, 2) +
                           0.1 * bell((edge + 0.014) / 0.016) * (q.y < 0.0 ? 1.0 : -0.4);
    out = mix(out, grey(plastic), coverage(edge, pixel_));
    out = mix(out, grey(0.08), coverage(circle(q, {-0.35, 0.12}, 0.026), pixel_));
    double type = 1.0;  // the maker's lettering
    for (int i = 0; i < 7; ++i) {
      type = std::min(type,
                      rounded_box(q, {-0.18 + 0.06 * i, -0.04}, {0.008 + 0.012 * cell_value(i, 1, 9), 0.022}, 0.004));
      type = std::min(type,
                      rounded_box(q, {-0.18 + 0.06 * i, 0.035}, {0.008 + 0.012 * cell_value(i, 2, 9), 0.022}, 0.004));
    }
    return mix(out, grey(0.5), 0.8 * coverage(type, pixel_));
  }

  double pixel_;
  std::uint32_t seed_;
  double tone_;
  std::array<Point, kParts> part_offset_;
  int broken_track_ = -1;
  Point break_;
  double break_radius_ = 0.0;
  Point bridge_;
  double bridge_size_ = 0.0;
  int missing_part_ = -1;
  int swapped_part_ = -1;
  bool turned_ = false;
};

constexpr DefectKind kDefects[] = {{"broken_track", DefectType::kStructure},
                                   {"missing_part", DefectType::kStructure},
                                   {"scratch", DefectType::kScratch},
                                   {"short", DefectType::kStructure},
                                   {"swapped_part", DefectType::kStructure},
                                   {"contamination", DefectType::kContamination},
                                   {"stain", DefectType::kStain}};

}  // namespace

const SceneKind kCircuit{"circuit", {0.03, 0.01}, true, kDefects, [](Dice& dice, double pixel) {
                           return std::unique_ptr<Scene>(std::make_unique<Circuit>(dice, pixel));
                         }};

}  // namespace mdd::generate
