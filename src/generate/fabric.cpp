// Woven cloth: a 2/2 twill of warp (vertical) and weft (horizontal) threads.
#include "generate/noise.h"
#include "generate/scene.h"
#include "generate/shapes.h"

namespace mdd::generate {
namespace {

class Fabric final : public Scene {
 public:
  Fabric(Dice& dice, double) : seed_(dice.bits()) {
    phase_ = {dice.uniform(0.0, 4.0), dice.uniform(0.0, 4.0)};
    const double dye = dice.uniform(0.93, 1.07);
    warp_ = dye * Colour{0.23, 0.33, 0.50};
    weft_ = {0.72, 0.73, 0.70};
  }

  [[nodiscard]] Colour at(Point p) const override {
    // Threads are never quite straight.
    const double u = kThreads * p.x + phase_.x + 0.35 * smooth_noise(2.0 * p.x, 1.3 * p.y, seed_);
    const double v = kThreads * p.y + phase_.y + 0.35 * smooth_noise(1.3 * p.x, 2.0 * p.y, seed_ + 1);
    const auto column = static_cast<std::int64_t>(std::floor(u));
    const auto row = static_cast<std::int64_t>(std::floor(v));
    const double across_warp = 2.0 * (u - std::floor(u)) - 1.0;
    const double across_weft = 2.0 * (v - std::floor(v)) - 1.0;
    const bool damaged = row >= first_row_ && row < first_row_ + rows_ && std::abs(p.x - damage_x_) < damage_half_;
    if (damaged && missing_) {  // bare warp threads over a dark ground
      return thread(warp_, across_warp, 0.3 * across_weft, column, 1, p, 0.62);
    }
    const bool weft_on_top = ((column + row) & 3) < 2;
    if (weft_on_top) return thread(damaged ? wrong_ : weft_, across_weft, across_warp, row, 2, p, 1.0);
    return thread(warp_, across_warp, across_weft, column, 1, p, 1.0);
  }

  void damage(std::string_view defect, Dice& dice) override {
    missing_ = defect == "missing_thread";
    wrong_ = dice.below(2) == 0 ? Colour{0.66, 0.20, 0.17} : Colour{0.20, 0.40, 0.22};
    rows_ = missing_ ? 1 + dice.below(2) : 1;
    first_row_ = static_cast<std::int64_t>(std::floor(kThreads * dice.uniform(-0.7, 0.7) + phase_.y));
    damage_x_ = dice.uniform(-0.5, 0.5);
    damage_half_ = dice.uniform(0.25, 0.7);
  }

 private:
  static constexpr double kThreads = 15.0;  // per half image side

  [[nodiscard]] Colour thread(Colour dye, double across, double along, std::int64_t index, std::uint32_t direction,
                              Point p, double light) const {
    const double profile = 1.0 - across * across;
    const double bulge = 1.0 - 0.22 * along * along;
    const double own = 0.92 + 0.16 * cell_value(index, direction, seed_ + 5);
    const double stretch_x = direction == 1 ? 110.0 : 25.0;
    const double stretch_y = direction == 1 ? 25.0 : 110.0;
    const double fibre = 1.0 + 0.16 * smooth_noise(stretch_x * p.x, stretch_y * p.y, seed_ + 9);
    return (light * own * bulge * fibre * (0.5 + 0.5 * profile)) * dye;
  }

  std::uint32_t seed_;
  Point phase_;
  Colour warp_;
  Colour weft_;
  bool missing_ = false;
  Colour wrong_;
  std::int64_t first_row_ = 0;
  std::int64_t rows_ = 0;
  double damage_x_ = 0.0;
  double damage_half_ = 0.0;
};

constexpr DefectKind kDefects[] = {{"hole", DefectType::kHole},
                                   {"missing_thread", DefectType::kStructure},
                                   {"stain", DefectType::kStain},
                                   {"contamination", DefectType::kContamination},
                                   {"wrong_thread", DefectType::kStructure},
                                   {"cut", DefectType::kCrack}};

}  // namespace

const SceneKind kFabric{"fabric", {0.05, 0.012}, false, kDefects, [](Dice& dice, double pixel) {
                          return std::unique_ptr<Scene>(std::make_unique<Fabric>(dice, pixel));
                        }};

}  // namespace mdd::generate
