// Woven wire mesh in front of a bright, out-of-focus ground.
#include "generate/noise.h"
#include "generate/scene.h"
#include "generate/shapes.h"

namespace mdd::generate {
namespace {

class Mesh final : public Scene {
 public:
  Mesh(Dice& dice, double pixel) : pixel_(pixel), seed_(dice.bits()) {
    phase_ = {dice.uniform(0.0, kPitch), dice.uniform(0.0, kPitch)};
    tone_ = dice.uniform(0.95, 1.05);
  }

  [[nodiscard]] Colour at(Point p) const override {
    const double ground = 0.77 + 0.05 * cloud_noise(1.5 * p.x, 1.5 * p.y, seed_, 2);
    Colour out{0.97 * ground, ground, 0.98 * ground};
    out = (1.0 - 0.22 * shadow(p)) * out;
    const Strand vertical = strand({p.y, p.x}, phase_.x, 1);
    const Strand horizontal = strand(p, phase_.y, 2);
    const bool vertical_on_top = ((vertical.index + horizontal.index) & 1) == 0;
    const Strand& low = vertical_on_top ? horizontal : vertical;
    const Strand& high = vertical_on_top ? vertical : horizontal;
    // Where one wire dives below the other it is in its shadow.
    const double dive = 1.0 - 0.45 * bell(high.distance / (2.6 * kRadius)) * high.present;
    out = mix(out, dive * wire(low, p), low.present * coverage(low.distance - kRadius, pixel_));
    return mix(out, wire(high, p), high.present * coverage(high.distance - kRadius, pixel_));
  }

  [[nodiscard]] double surface(Point p) const override {
    const double distance = std::min(strand({p.y, p.x}, phase_.x, 1).distance, strand(p, phase_.y, 2).distance);
    return coverage(distance - kRadius, pixel_);
  }

  void damage(std::string_view defect, Dice& dice) override {
    bent_ = defect == "bent_wire";
    damaged_axis_ = 1 + static_cast<std::uint32_t>(dice.below(2));
    const double position = dice.uniform(-0.65, 0.65);
    const double phase = damaged_axis_ == 1 ? phase_.x : phase_.y;
    damaged_index_ = static_cast<std::int64_t>(std::floor((position + phase) / kPitch + 0.5));
    gap_centre_ = dice.uniform(-0.5, 0.5);
    gap_half_ = bent_ ? dice.uniform(0.18, 0.3) : dice.uniform(0.06, 0.22);
    bend_ = dice.either_sign(0.055, 0.085);
  }

 private:
  static constexpr double kPitch = 0.19;
  static constexpr double kRadius = 0.027;
  struct Strand {
    std::int64_t index = 0;
    double distance = 0.0;  ///< from the wire's axis
    double side = 0.0;      ///< the same, signed
    double along = 0.0;
    double present = 1.0;
    std::uint32_t axis = 0;
  };

  /// The wire of one direction that is nearest to a point: q.x runs along the wires, q.y across them.
  [[nodiscard]] Strand strand(Point q, double phase, std::uint32_t axis) const {
    Strand best;
    best.distance = 1e9;
    const auto middle = static_cast<std::int64_t>(std::floor((q.y + phase) / kPitch + 0.5));
    for (std::int64_t index = middle - 1; index <= middle + 1; ++index) {
      double axis_at = static_cast<double>(index) * kPitch - phase;
      axis_at += 0.012 * smooth_noise(1.8 * q.x, static_cast<double>(index) + 0.5, seed_ + axis);
      double present = 1.0;
      if (axis == damaged_axis_ && index == damaged_index_) {
        const double from_centre = std::abs(q.x - gap_centre_) / gap_half_;
        if (bent_)
          axis_at += bend_ * bell(from_centre);
        else
          present = smoothstep(-pixel_, pixel_, (from_centre - 1.0) * gap_half_);
      }
      const double side = q.y - axis_at;
      if (std::abs(side) < best.distance) best = {index, std::abs(side), side, q.x, present, axis};
    }
    return best;
  }
  [[nodiscard]] Colour wire(const Strand& s, Point p) const {
    const double across = std::clamp(s.side / kRadius, -1.0, 1.0);
    const double round = std::sqrt(std::max(1.0 - across * across, 0.0));
    const double gloss = bell((across + 0.35) / 0.45);
    const double drawn = 0.05 * smooth_noise(9.0 * s.along, 160.0 * s.side, seed_ + 6);
    const double light =
        tone_ * (0.16 + 0.24 * round + 0.38 * gloss + drawn + 0.02 * smooth_noise(4.0 * p.x, 4.0 * p.y, seed_));
    return {0.98 * light, light, 1.04 * light};
  }
  [[nodiscard]] double shadow(Point p) const {
    const Point q = p - Point{0.03, 0.045};
    const Strand vertical = strand({q.y, q.x}, phase_.x, 1);
    const Strand horizontal = strand(q, phase_.y, 2);
    return std::max(vertical.present * coverage(vertical.distance - kRadius, 3.5 * 0.0078),
                    horizontal.present * coverage(horizontal.distance - kRadius, 3.5 * 0.0078));
  }

  double pixel_;
  std::uint32_t seed_;
  Point phase_;
  double tone_;
  bool bent_ = false;
  std::uint32_t damaged_axis_ = 0;
  std::int64_t damaged_index_ = 0;
  double gap_centre_ = 0.0;
  double gap_half_ = 1.0;
  double bend_ = 0.0;
};

constexpr DefectKind kDefects[] = {{"broken_wire", DefectType::kStructure},
                                   {"bent_wire", DefectType::kStructure},
                                   {"contamination", DefectType::kContamination},
                                   {"rust", DefectType::kStain}};

}  // namespace

const SceneKind kMesh{"mesh", {0.05, 0.02}, true, kDefects, [](Dice& dice, double pixel) {
                        return std::unique_ptr<Scene>(std::make_unique<Mesh>(dice, pixel));
                      }};

}  // namespace mdd::generate
