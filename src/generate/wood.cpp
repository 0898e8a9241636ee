// A planed board: annual rings cut lengthwise, fibres and pores.
#include "generate/noise.h"
#include "generate/scene.h"
#include "generate/shapes.h"

namespace mdd::generate {
namespace {

class Wood final : public Scene {
 public:
  Wood(Dice& dice, double pixel) : pixel_(pixel), seed_(dice.bits()) {
    offset_ = {dice.uniform(0.0, 50.0), dice.uniform(0.0, 50.0)};
    tone_ = dice.uniform(0.94, 1.05);
  }

  [[nodiscard]] Colour at(Point p) const override {
    Point grain = p;
    double knot = 0.0;
    double near = 0.0;
    if (knot_radius_ > 0.0) {
      // Fibres part around the knot.
      const Point d{(p.x - knot_.x) / 1.9, p.y - knot_.y};
      near = bell(length(d) / (2.6 * knot_radius_));
      grain.y += 1.25 * near * d.y;
      const double wobble = 0.2 * knot_radius_ * cloud_noise(9.0 * p.x, 9.0 * p.y, seed_ + 8, 2);
      knot = coverage(length(d) - knot_radius_ + wobble, 3.0 * pixel_);
    }
    const Colour board = (1.0 - 0.35 * std::sqrt(near)) * grain_colour(grain);  // resin darkens the wood around it
    if (knot <= 0.0) return board;
    const Point d{(p.x - knot_.x) / 1.9, p.y - knot_.y};
    const double rings =
        0.5 + 0.5 * sine(length(d) / knot_radius_ * 3.0 + 0.3 * cloud_noise(6.0 * p.x, 6.0 * p.y, seed_, 2));
    return mix(board, mix(Colour{0.22, 0.12, 0.06}, Colour{0.40, 0.23, 0.12}, rings), knot);
  }

  void damage(std::string_view, Dice& dice) override {  // the one structural defect is a knot
    knot_ = place(dice);
    knot_radius_ = dice.uniform(0.05, 0.1);
  }

 private:
  [[nodiscard]] Colour grain_colour(Point p) const {
    const double x = p.x + offset_.x;
    const double y = p.y + offset_.y;
    const double bend = cloud_noise(0.55 * x, 1.7 * y, seed_, 3);
    const double ring = 5.5 * y + 2.4 * bend;
    const double phase = ring - std::floor(ring);
    const double late = smoothstep(0.25, 0.93, phase) * (1.0 - smoothstep(0.93, 1.0, phase));  // sharp late wood edge
    const double fibre =
        smooth_noise(5.0 * x, 95.0 * y, seed_ + 3) + 0.7 * smooth_noise(14.0 * x, 210.0 * y, seed_ + 4);
    const double pores = smoothstep(0.62, 0.9, smooth_noise(8.0 * x, 120.0 * y, seed_ + 5));
    const double slow = cloud_noise(0.8 * x, 0.9 * y, seed_ + 6, 2);
    Colour out = mix(Colour{0.76, 0.56, 0.36}, Colour{0.52, 0.33, 0.18}, 0.75 * late);
    out = (tone_ * (1.0 + 0.055 * fibre + 0.06 * slow)) * out;
    return mix(out, {0.33, 0.20, 0.11}, 0.5 * pores);
  }

  double pixel_;
  std::uint32_t seed_;
  Point offset_;
  double tone_;
  Point knot_;
  double knot_radius_ = 0.0;
};

constexpr DefectKind kDefects[] = {{"crack", DefectType::kCrack},     {"dent", DefectType::kDent},
                                   {"knot", DefectType::kStructure},  {"stain", DefectType::kStain},
                                   {"scratch", DefectType::kScratch}, {"hole", DefectType::kHole}};

}  // namespace

const SceneKind kWood{"wood", {0.05, 0.01}, false, kDefects, [](Dice& dice, double pixel) {
                        return std::unique_ptr<Scene>(std::make_unique<Wood>(dice, pixel));
                      }};

}  // namespace mdd::generate
