// A machined flange: brushed plate, turned face, a bore and six bolt holes.
#include "generate/noise.h"
#include "generate/scene.h"
#include "generate/shapes.h"

namespace mdd::generate {
namespace {

class Metal final : public Scene {
 public:
  Metal(Dice& dice, double pixel) : pixel_(pixel), seed_(dice.bits()) {
    tone_ = dice.uniform(0.57, 0.63);
    highlight_ = dice.uniform(0.08, 0.12);
  }

  [[nodiscard]] Colour at(Point p) const override {
    const double outline = rounded_box(p, {}, {0.84, 0.84}, 0.22);
    Colour out = (1.0 + 0.05 * cloud_noise(7.0 * p.x, 7.0 * p.y, seed_ + 1, 3)) * grey(0.13);
    const double shadow = 1.0 - smoothstep(-0.02, 0.12, rounded_box(p, {0.03, 0.04}, {0.84, 0.84}, 0.22));
    out = (1.0 - 0.6 * shadow) * out;
    Colour face = plate(p);
    face = face + grey(chamfer(outline, p));
    out = mix(out, face, coverage(outline, pixel_));
    out = bored(out, p, {}, 0.27, 0.05);
    for (int i = 0; i < 6; ++i) {
      const double radius = i == damaged_hole_ ? damaged_radius_ : kHoleRadius;
      if (radius > 0.0) out = bored(out, p, hole_centre(i), radius, 0.025);
    }
    return out;
  }

  [[nodiscard]] double surface(Point p) const override {
    double outside = std::max(rounded_box(p, {}, {0.84, 0.84}, 0.22), 0.27 - length(p));
    for (int i = 0; i < 6; ++i) outside = std::max(outside, kHoleRadius - length(p - hole_centre(i)));
    return coverage(outside, pixel_);
  }

  [[nodiscard]] Point place(Dice& dice) const override { return random_offset(dice, 0.40, 0.70); }

  void damage(std::string_view defect, Dice& dice) override {
    damaged_hole_ = dice.below(6);
    const double wrong = kHoleRadius + dice.either_sign(0.022, 0.035);
    damaged_radius_ = defect == "missing_hole" ? 0.0 : wrong;
  }

 private:
  static constexpr double kBoltCircle = 0.60;
  static constexpr double kHoleRadius = 0.082;

  [[nodiscard]] static Point hole_centre(int index) { return kBoltCircle * direction(index / 6.0 + 1.0 / 12.0); }

  /// Brushed outside, turned inside; the turned face shows the two bright sectors of anisotropic reflection.
  [[nodiscard]] Colour plate(Point p) const {
    const double radius = length(p);
    const double brushed = 0.07 * smooth_noise(3.0 * p.x, 130.0 * p.y, seed_ + 2) +
                           0.05 * smooth_noise(9.0 * p.x, 240.0 * p.y, seed_ + 3) + 0.05 * p.x;
    const double grooves = 0.045 * smooth_noise(150.0 * radius, 0.5, seed_ + 4) + 0.03 * sine(34.0 * radius);
    const double sector = 2.0 * p.x * p.y / std::max(radius * radius, 1e-6);  // sine of twice the angle
    const double turned = grooves + highlight_ * sector;
    const double inside = coverage(radius - 0.42, 2.0 * pixel_);
    const double step = bell((radius - 0.42) / 0.014) * dot(p, {0.35, 0.45});
    const double light = tone_ + mix(brushed, turned, inside) + step;
    return {0.98 * light, light, 1.03 * light};
  }
  [[nodiscard]] static double chamfer(double outline, Point p) {
    return bell((outline + 0.018) / 0.022) * dot(p, {-0.16, -0.22});
  }
  [[nodiscard]] Colour bored(Colour below, Point p, Point centre, double radius, double rim) const {
    const Point d = p - centre;
    const double distance = length(d) - radius;
    const double lit = dot((1.0 / radius) * d, {0.6, 0.8});  // the far wall catches the light
    const Colour out = below + grey(coverage(distance - rim, pixel_) * (0.16 * lit));
    const double wall = 0.07 + 0.22 * smoothstep(0.2, 1.0, lit) * smoothstep(-0.45 * radius, 0.0, distance);
    return mix(out, grey(wall), coverage(distance, pixel_));
  }

  double pixel_;
  std::uint32_t seed_;
  double tone_;
  double highlight_;
  int damaged_hole_ = -1;
  double damaged_radius_ = 0.0;
};

constexpr DefectKind kDefects[] = {{"scratch", DefectType::kScratch},
                                   {"missing_hole", DefectType::kStructure},
                                   {"dent", DefectType::kDent},
                                   {"rust", DefectType::kStain},
                                   {"wrong_hole", DefectType::kStructure},
                                   {"contamination", DefectType::kContamination}};

}  // namespace

const SceneKind kMetal{"metal", {0.04, 0.02}, true, kDefects, [](Dice& dice, double pixel) {
                         return std::unique_ptr<Scene>(std::make_unique<Metal>(dice, pixel));
                       }};

}  // namespace mdd::generate
