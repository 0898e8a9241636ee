// A two-coloured gelatine capsule with a printed code, lying on paper.
#include "generate/noise.h"
#include "generate/scene.h"
#include "generate/shapes.h"

namespace mdd::generate {
namespace {

class Capsule final : public Scene {
 public:
  Capsule(Dice& dice, double pixel) : pixel_(pixel), seed_(dice.bits()) {
    const double batch = dice.uniform(0.96, 1.04);
    cap_ = batch * Colour{0.74, 0.25, 0.11};
    body_ = batch * Colour{0.86, 0.83, 0.75};
    print_shift_ = dice.uniform(-0.02, 0.02);
  }

  [[nodiscard]] Colour at(Point p) const override {
    const double grain = 0.02 * cloud_noise(45.0 * p.x, 45.0 * p.y, seed_, 3);
    Colour paper = (1.0 + grain) * Colour{0.66, 0.67, 0.69};
    const double shadow = 1.0 - smoothstep(-0.05, 0.16, distance(p - Point{0.03, 0.08}));
    paper = (1.0 - 0.5 * shadow) * paper;
    return mix(paper, shell(p), coverage(distance(p), pixel_));
  }

  [[nodiscard]] double surface(Point p) const override { return coverage(distance(p), pixel_); }

  [[nodiscard]] Point place(Dice& dice) const override {
    const double x = dice.uniform(-0.6, 0.6);
    return {x, dice.uniform(-0.18, 0.18)};
  }

  void damage(std::string_view defect, Dice& dice) override {
    if (defect == "wrong_cap") {
      cap_ = dice.below(2) == 0 ? Colour{0.16, 0.42, 0.24} : Colour{0.15, 0.27, 0.55};
    } else if (defect == "misprint") {
      print_damage_ = 1 + dice.below(2);
    } else {  // open: the cap has slipped and the powder shows
      gap_ = dice.uniform(0.05, 0.1);
    }
  }

 private:
  static constexpr double kHalfLength = 0.44;  // of the straight part
  static constexpr double kBodyRadius = 0.285;
  static constexpr double kCapRadius = 0.305;  // the cap slides over the body

  [[nodiscard]] double distance(Point p) const {
    const double body = capsule_end(p, 0.0, kHalfLength + 0.06, kBodyRadius);
    const double cap = std::max(capsule_end({p.x + gap_, p.y}, -kHalfLength, 0.0, kCapRadius), p.x + gap_ - 0.05);
    return gap_ > 0.0 ? std::min(std::max(body, -p.x - 0.02), cap) : std::min(body, cap);
  }
  [[nodiscard]] static double capsule_end(Point p, double left, double right, double radius) {
    const double x = p.x - std::clamp(p.x, left, right);
    return length({x, p.y}) - radius;
  }
  [[nodiscard]] Colour shell(Point p) const {
    const bool on_cap = p.x + gap_ < 0.05;
    const double radius = on_cap ? kCapRadius : kBodyRadius;
    const double end = kHalfLength + (on_cap ? gap_ : 0.06);
    const double x = std::max(std::abs(p.x) - end, 0.0) / radius;
    const double y = p.y / radius;
    const double height = std::sqrt(std::max(1.0 - x * x - y * y, 0.0));  // of the round surface
    const double diffuse = 0.42 + 0.58 * saturate(0.75 * height - 0.55 * y - 0.15 * x * (p.x < 0.0 ? -1.0 : 1.0));
    Colour out = on_cap ? cap_ : body_;
    const double powder = gap_ > 0.0 ? coverage(std::abs(p.x + 0.5 * gap_ - 0.03) - 0.5 * gap_, pixel_) : 0.0;
    const double crumbs = cloud_noise(38.0 * p.x, 38.0 * p.y, seed_ + 4, 3);
    out = mix(out, (0.95 + 0.3 * crumbs) * Colour{0.93, 0.88, 0.70}, powder);
    out = mix(out, {0.16, 0.15, 0.17}, print(p) * (on_cap ? 0.0 : 0.85));
    out = diffuse * out;
    const double seam = bell((p.x + gap_ - 0.05) / 0.014) + 0.5 * bell((p.x + gap_ + 0.03) / 0.01);
    out = (1.0 - 0.28 * saturate(seam)) * out;
    const double gloss = bell((p.y + 0.52 * radius) / 0.05) * (1.0 - smoothstep(end - 0.04, end + 0.1, std::abs(p.x)));
    return out + grey(0.42 * gloss * (0.85 + 0.15 * smooth_noise(8.0 * p.x, 0.5, seed_ + 5)));
  }
  /// The code "H 25" as strokes.
  [[nodiscard]] double print(Point p) const {
    const Point q{p.x - 0.30 - print_shift_, p.y - 0.045};
    static constexpr struct {
      Point centre, half;
    } kStrokes[] = {{{-0.16, 0.0}, {0.012, 0.07}},   {{-0.08, 0.0}, {0.012, 0.07}},   {{-0.12, 0.0}, {0.04, 0.011}},
                    {{0.02, -0.06}, {0.04, 0.011}},  {{0.05, -0.03}, {0.012, 0.035}}, {{0.02, 0.0}, {0.04, 0.011}},
                    {{-0.01, 0.03}, {0.012, 0.035}}, {{0.02, 0.06}, {0.04, 0.011}},   {{0.14, -0.06}, {0.04, 0.011}},
                    {{0.11, -0.03}, {0.012, 0.035}}, {{0.14, 0.0}, {0.04, 0.011}},    {{0.17, 0.03}, {0.012, 0.035}},
                    {{0.14, 0.06}, {0.04, 0.011}}};
    double best = 1.0;
    int index = 0;
    for (const auto& stroke : kStrokes) {
      ++index;
      if (print_damage_ == 1 && index > 5) break;  // the second half was not printed
      best = std::min(best, rounded_box(q, stroke.centre, stroke.half, 0.006));
      if (print_damage_ == 2)
        best = std::min(best, rounded_box(q - Point{0.03, 0.035}, stroke.centre, stroke.half, 0.006));
    }
    return coverage(best, pixel_);
  }

  double pixel_;
  std::uint32_t seed_;
  Colour cap_;
  Colour body_;
  double print_shift_;
  int print_damage_ = 0;
  double gap_ = 0.0;
};

constexpr DefectKind kDefects[] = {{"crack", DefectType::kCrack},         {"misprint", DefectType::kStructure},
                                   {"dent", DefectType::kDent},           {"contamination", DefectType::kContamination},
                                   {"wrong_cap", DefectType::kStructure}, {"scratch", DefectType::kScratch},
                                   {"open", DefectType::kStructure}};

}  // namespace

const SceneKind kCapsule{"capsule", {0.06, 0.03}, false, kDefects, [](Dice& dice, double pixel) {
                           return std::unique_ptr<Scene>(std::make_unique<Capsule>(dice, pixel));
                         }};

}  // namespace mdd::generate
