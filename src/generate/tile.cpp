// Glazed, printed wall tiles, three by three, with grout between.
#include "generate/noise.h"
#include "generate/scene.h"
#include "generate/shapes.h"

namespace mdd::generate {
namespace {

class Tile final : public Scene {
 public:
  Tile(Dice& dice, double pixel) : pixel_(pixel), seed_(dice.bits()) {
    ink_ = dice.uniform(0.95, 1.05) * Colour{0.13, 0.27, 0.50};
    accent_ = dice.uniform(0.95, 1.05) * Colour{0.78, 0.52, 0.16};
    glaze_ = dice.uniform(0.98, 1.02) * Colour{0.88, 0.86, 0.80};
  }

  [[nodiscard]] Colour at(Point p) const override {
    const double column = std::floor(p.x / kPitch + 0.5);
    const double row = std::floor(p.y / kPitch + 0.5);
    const Point local{p.x - column * kPitch, p.y - row * kPitch};
    const auto ix = static_cast<std::int64_t>(column);
    const auto iy = static_cast<std::int64_t>(row);
    const bool chosen = damage_ != Damage::kNone && ix == damaged_x_ && iy == damaged_y_;
    const double edge = rounded_box(local, {}, {kHalf, kHalf}, 0.03);
    double body = coverage(edge, pixel_);
    if (chosen && damage_ == Damage::kChip) {
      const double ragged = 0.05 * cloud_noise(14.0 * p.x, 14.0 * p.y, seed_ + 3, 3);
      const double chip = coverage(circle(local, chip_centre_, chip_radius_) + ragged, pixel_);
      const double grain = cloud_noise(40.0 * p.x, 40.0 * p.y, seed_ + 4, 2);
      const Colour clay = (1.0 + 0.2 * grain) * Colour{0.62, 0.42, 0.30};
      return mix(tile_colour(local, p, edge, false, body), clay, chip * body);
    }
    return tile_colour(local, p, edge, chosen, body);
  }

  void damage(std::string_view defect, Dice& dice) override {
    damage_ = defect == "misprint" ? Damage::kMisprint : defect == "swapped_tile" ? Damage::kSwapped : Damage::kChip;
    damaged_x_ = dice.below(3) - 1;
    damaged_y_ = dice.below(3) - 1;
    offset_ = random_offset(dice, 0.045, 0.08);
    chip_radius_ = dice.uniform(0.09, 0.17);
    const double sign_x = dice.sign();
    chip_centre_ = {sign_x * kHalf, dice.sign() * kHalf};
  }

 private:
  enum class Damage { kNone, kMisprint, kSwapped, kChip };
  static constexpr double kPitch = 0.66;
  static constexpr double kHalf = 0.315;

  [[nodiscard]] Colour tile_colour(Point local, Point p, double edge, bool chosen, double body) const {
    const Colour grout = (1.0 + 0.12 * cloud_noise(30.0 * p.x, 30.0 * p.y, seed_ + 1, 3)) * grey(0.55);
    const double clouds = 1.0 + 0.035 * cloud_noise(2.5 * p.x, 2.5 * p.y, seed_ + 2, 3);
    Colour out = clouds * glaze_;
    if (chosen && damage_ == Damage::kSwapped) {
      out = mix(out, ink_, star(local));
    } else {
      const Point printed = chosen && damage_ == Damage::kMisprint ? local - offset_ : local;
      out = mix(out, ink_, petals(printed));
      out = mix(out, accent_, dots(printed));
      out = mix(out, ink_, frame(local));
    }
    const double bevel = smoothstep(-0.03, 0.0, edge) * dot(local, {-0.35, -0.45});  // light from the upper left
    out = out + grey(bevel);
    const double gloss = 0.06 * bell(length(local - Point{-0.12, -0.16}) / 0.22);
    return mix(grout, out + grey(gloss), body);
  }
  /// Eight-fold rosette: each petal is the overlap of two discs.
  [[nodiscard]] double petals(Point local) const {
    double best = 1.0;
    for (int i = 0; i < 8; ++i) {
      const Point q = rotated(local, i * 0.125);
      const Point mirrored{q.x - 0.115, std::abs(q.y)};
      best = std::min(best, circle(mirrored, {0.0, -0.075}, 0.105));
    }
    return coverage(best, pixel_);
  }
  [[nodiscard]] double dots(Point local) const {
    const Point corner{std::abs(local.x) - 0.225, std::abs(local.y) - 0.225};
    return coverage(std::min(length(local) - 0.032, std::abs(length(corner) - 0.035) - 0.011), pixel_);
  }
  [[nodiscard]] double frame(Point local) const {
    return coverage(std::abs(rounded_box(local, {}, {0.285, 0.285}, 0.02)) - 0.006, pixel_);
  }
  [[nodiscard]] double star(Point local) const {
    const double box = rounded_box(local, {}, {0.15, 0.15}, 0.0);
    const double turned = rounded_box(rotated(local, 0.125), {}, {0.15, 0.15}, 0.0);
    return coverage(std::abs(std::min(box, turned)) - 0.016, pixel_);
  }

  double pixel_;
  std::uint32_t seed_;
  Colour ink_;
  Colour accent_;
  Colour glaze_;
  Damage damage_ = Damage::kNone;
  std::int64_t damaged_x_ = 0;
  std::int64_t damaged_y_ = 0;
  Point offset_;
  Point chip_centre_;
  double chip_radius_ = 0.0;
};

constexpr DefectKind kDefects[] = {
    {"crack", DefectType::kCrack},     {"misprint", DefectType::kStructure},     {"chip", DefectType::kStructure},
    {"scratch", DefectType::kScratch}, {"swapped_tile", DefectType::kStructure}, {"stain", DefectType::kStain}};

}  // namespace

const SceneKind kTile{"tile", {0.04, 0.008}, false, kDefects, [](Dice& dice, double pixel) {
                        return std::unique_ptr<Scene>(std::make_unique<Tile>(dice, pixel));
                      }};

}  // namespace mdd::generate
