// Cross-section of a three-core power cable: sheath, filler, insulation, copper strands.
#include <array>

#include "generate/noise.h"
#include "generate/scene.h"
#include "generate/shapes.h"

namespace mdd::generate {
namespace {

class Cable final : public Scene {
 public:
  Cable(Dice& dice, double pixel) : pixel_(pixel), seed_(dice.bits()) {
    for (int i = 0; i < 3; ++i) {
      Core& core = cores_[static_cast<std::size_t>(i)];
      core.index = i;
      core.colour = i;
      const double turns = i / 3.0 + 0.25 + dice.uniform(-0.012, 0.012);
      core.centre = dice.uniform(0.395, 0.415) * direction(turns);
      core.twist = dice.uniform(0.0, 1.0);
    }
  }

  [[nodiscard]] Colour at(Point p) const override {
    const double grain = cloud_noise(18.0 * p.x, 18.0 * p.y, seed_, 3);
    Colour out = (1.0 + 0.08 * grain) * grey(0.17);
    const double radius = length(p);
    out = mix(out, (1.0 + 0.05 * grain - 0.25 * (radius - 0.83)) * Colour{0.58, 0.59, 0.60},
              coverage(radius - 0.90, pixel_));
    out = (1.0 - 0.3 * bell((radius - 0.90) / 0.02)) * out;
    const double talc = cloud_noise(11.0 * p.x, 11.0 * p.y, seed_ + 1, 4);
    out = mix(out, (1.0 + 0.25 * talc) * Colour{0.24, 0.23, 0.22}, coverage(radius - 0.775, pixel_));
    for (const Core& core : cores_) out = with_core(out, p, core);
    if (cut_half_ > 0.0) out = with_cut(out, p);
    return out;
  }

  [[nodiscard]] double surface(Point p) const override { return coverage(length(p) - 0.90, pixel_); }

  [[nodiscard]] Point place(Dice& dice) const override {
    const Core& core = cores_[static_cast<std::size_t>(dice.below(3))];
    return core.centre + random_offset(dice, 0.0, 0.2);
  }

  void damage(std::string_view defect, Dice& dice) override {
    Core& core = cores_[static_cast<std::size_t>(dice.below(3))];
    if (defect == "missing_core") {
      core.present = false;
    } else if (defect == "swapped_core") {
      core.colour = (core.colour + 1 + dice.below(2)) % 3;
    } else if (defect == "missing_strands") {
      const int first = dice.below(kStrands);
      const int count = 3 + dice.below(4);
      for (int i = 0; i < count; ++i) core.strand_missing[static_cast<std::size_t>((first + i) % kStrands)] = true;
    } else {  // cut_sheath
      cut_ = direction(dice.uniform(0.0, 1.0));
      cut_half_ = dice.uniform(0.018, 0.05);
    }
  }

 private:
  static constexpr int kStrands = 19;
  static constexpr double kCoreRadius = 0.335;
  static constexpr double kStrandRadius = 0.0475;
  struct Core {
    Point centre;
    double twist = 0.0;
    int index = 0;
    int colour = 0;
    bool present = true;
    std::array<bool, kStrands> strand_missing{};
  };

  /// Hexagonal packing: one strand, a ring of 6, a ring of 12.
  [[nodiscard]] static Point strand_position(int index) {
    if (index == 0) return {};
    if (index < 7) return 2.0 * kStrandRadius * direction((index - 1) / 6.0);
    const double reach = (index & 1) == 0 ? 3.65 : 3.95;
    return reach * kStrandRadius * direction((index - 7) / 12.0);
  }
  [[nodiscard]] Colour with_core(Colour below, Point p, const Core& core) const {
    static constexpr std::array<Colour, 3> kInsulation{{{0.20, 0.42, 0.72}, {0.44, 0.27, 0.17}, {0.50, 0.63, 0.20}}};
    const Point d = p - core.centre;
    const double radius = length(d);
    if (radius > kCoreRadius + 4.0 * pixel_) return below;
    if (!core.present) {
      const double hollow = 0.5 + 0.5 * smoothstep(0.0, 1.0, 0.5 + 1.5 * dot(d, {0.6, 0.8}));
      return mix(below, (0.11 * hollow) * Colour{1.0, 0.97, 0.94}, coverage(radius - kCoreRadius, pixel_));
    }
    const double mottled = 1.0 + 0.06 * cloud_noise(14.0 * p.x, 14.0 * p.y, seed_ + 3, 3);
    const double edge = 1.0 - 0.35 * bell((radius - kCoreRadius) / 0.03);
    Colour out = mix(below, (mottled * edge) * kInsulation[static_cast<std::size_t>(core.colour)],
                     coverage(radius - kCoreRadius, pixel_));
    out = mix(out, {0.16, 0.10, 0.06}, coverage(radius - 0.236, pixel_));
    const Point q = rotated(d, core.twist);
    for (int i = 0; i < kStrands; ++i) {
      if (core.strand_missing[static_cast<std::size_t>(i)]) continue;
      const Point at = q - strand_position(i);
      const double r = length(at);
      if (r > kStrandRadius + 2.0 * pixel_) continue;
      const double own = 0.85 + 0.3 * cell_value(i, core.index, seed_ + 5);
      const double cut_marks = 1.0 + 0.18 * smooth_noise(60.0 * d.x, 12.0 * d.y, seed_ + 6);
      const double light = own * cut_marks * (1.0 - 0.35 * smoothstep(0.6, 1.0, r / kStrandRadius));
      out = mix(out, light * Colour{0.82, 0.50, 0.29}, coverage(r - 0.93 * kStrandRadius, pixel_));
    }
    return out;
  }
  [[nodiscard]] Colour with_cut(Colour below, Point p) const {
    const double outwards = dot(p, cut_);
    const double aside = dot(p, {-cut_.y, cut_.x});
    const double width = cut_half_ * (0.6 + 0.4 * smoothstep(0.76, 0.92, outwards)) +
                         0.008 * smooth_noise(30.0 * outwards, 0.5, seed_ + 7);
    const double inside = std::max(std::abs(aside) - width, std::max(0.765 - outwards, outwards - 0.95));
    return mix(below, grey(0.08), coverage(inside, pixel_));
  }

  double pixel_;
  std::uint32_t seed_;
  std::array<Core, 3> cores_;
  Point cut_;
  double cut_half_ = 0.0;
};

constexpr DefectKind kDefects[] = {{"missing_core", DefectType::kStructure},
                                   {"contamination", DefectType::kContamination},
                                   {"swapped_core", DefectType::kStructure},
                                   {"cut_sheath", DefectType::kStructure},
                                   {"missing_strands", DefectType::kStructure},
                                   {"hole", DefectType::kHole},
                                   {"scratch", DefectType::kScratch}};

}  // namespace

const SceneKind kCable{"cable", {0.03, 0.02}, true, kDefects, [](Dice& dice, double pixel) {
                         return std::unique_ptr<Scene>(std::make_unique<Cable>(dice, pixel));
                       }};

}  // namespace mdd::generate
