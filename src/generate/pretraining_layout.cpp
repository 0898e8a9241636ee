#include "generate/pretraining_layout.h"

#include "generate/pretraining_material.h"

namespace mdd::generate::pretraining {
namespace {

/// Points p with p . normal < distance.
struct HalfPlane {
  Vec normal;
  float distance;
};

std::vector<HalfPlane> polygon_cuts(float radius, QuickDice& dice) {
  std::vector<HalfPlane> cuts;
  const int corners = 3 + dice.below(5);
  for (int k = 0; k < corners; ++k) {
    const float turn = (static_cast<float>(k) + dice.uniform(0.0f, 0.5f)) / static_cast<float>(corners);
    cuts.push_back({heading(kTurn * turn), radius * dice.uniform(0.6f, 1.0f)});
  }
  return cuts;
}

/// The cell of a site at the origin among six others.
std::vector<HalfPlane> voronoi_cuts(float radius, QuickDice& dice) {
  std::vector<HalfPlane> cuts;
  for (int k = 0; k < 6; ++k) {
    const float away = dice.uniform(0.8f, 3.0f) * radius;
    cuts.push_back({random_heading(dice), 0.5f * away});
  }
  return cuts;
}

enum class Form { kEverything, kWavyHalf, kBand, kDisc, kBox, kPolygon, kBlob, kVoronoi, kCount };

/// A region of the picture; lies over the layers before it.
class Layer {
 public:
  Layer(Form form, bool object, int side, QuickDice& dice);
  /// Signed distance, negative inside; about exact near the edge.
  [[nodiscard]] float distance(Vec p) const;
  [[nodiscard]] int label() const { return material_.index(); }
  [[nodiscard]] Rgb colour(Vec p, float d) const;
  /// Share of the light that reaches the layers below.
  [[nodiscard]] float light_below(Vec p) const {
    if (shadow_ == 0.0f) return 1.0f;
    return 1.0f - shadow_ * covered(distance(p - shadow_offset_), shadow_width_);
  }

 private:
  [[nodiscard]] Vec folded(Vec p) const;

  Form form_;
  MaterialInstance material_;
  std::uint32_t seed_;
  Vec centre_, axis_;
  Vec half_;  ///< half extents; both the radius of round forms
  float corner_ = 0.0f;
  float wobble_ = 0.0f, wobble_size_ = 1.0f;
  float repeat_ = 0.0f;          ///< distance from copy to copy; 0: one only
  std::vector<HalfPlane> cuts_;  ///< what polygons and Voronoi cells are the common part of
  float shadow_ = 0.0f, shadow_width_ = 1.0f;
  Vec shadow_offset_;
  float bevel_ = 0.0f, bevel_width_ = 1.0f;
  Vec shading_;  ///< change of light a pixel
};

Layer::Layer(Form form, bool object, int side, QuickDice& dice)
    : form_(form), material_(dice.below(kMaterialCount), dice), seed_(static_cast<std::uint32_t>(dice.bits())) {
  const float s = static_cast<float>(side);
  centre_ = {dice.uniform(0.1f, 0.9f) * s, dice.uniform(0.1f, 0.9f) * s};
  axis_ = random_heading(dice);
  const float size = dice.log_uniform(0.12f, 0.42f) * s;
  half_ = form == Form::kBox || form == Form::kBand ? Vec{size, dice.log_uniform(0.3f, 1.0f) * size} : Vec{size, size};
  corner_ = dice.uniform(0.0f, 0.8f) * half_.y;
  const bool rough = form == Form::kBlob || dice.chance(0.4f);
  wobble_ = rough ? dice.log_uniform(0.02f, form == Form::kBlob ? 0.8f : 0.25f) * size : 0.0f;
  wobble_size_ = dice.log_uniform(0.06f, 0.4f) * s;
  const bool repeatable = form == Form::kDisc || form == Form::kBox || form == Form::kPolygon;
  if (repeatable && dice.chance(0.2f)) {
    half_ = dice.uniform(0.25f, 0.5f) * half_;
    corner_ = std::min(corner_, half_.y);
    wobble_ = 0.0f;
    repeat_ = 2.0f * half_.x * dice.uniform(1.15f, 2.0f);
  }
  if (form == Form::kPolygon) cuts_ = polygon_cuts(half_.x, dice);
  if (form == Form::kVoronoi) cuts_ = voronoi_cuts(half_.x, dice);
  shading_ = (dice.uniform(0.0f, 0.5f) / s) * random_heading(dice);
  if (!object) return;
  shadow_ = dice.uniform(0.15f, 0.7f);
  shadow_width_ = dice.uniform(2.0f, 10.0f);
  shadow_offset_ = dice.uniform(0.5f, 0.04f * s) * random_heading(dice);
  bevel_ = dice.uniform(-0.2f, 0.5f);
  bevel_width_ = dice.log_uniform(2.0f, 0.3f * s);
}

Vec Layer::folded(Vec p) const {
  const Vec q = rotated(p - centre_, axis_);
  if (repeat_ == 0.0f) return q;
  return {(fraction(q.x / repeat_ + 0.5f) - 0.5f) * repeat_, (fraction(q.y / repeat_ + 0.5f) - 0.5f) * repeat_};
}

float Layer::distance(Vec p) const {
  if (form_ == Form::kEverything) return -1e6f;
  const Vec q = folded(p);
  float d = 0.0f;
  switch (form_) {
    case Form::kWavyHalf:
      d = q.x;
      break;
    case Form::kBand:
      d = std::abs(q.x) - 0.6f * half_.y;
      break;
    case Form::kDisc:
    case Form::kBlob:
      d = length(q) - half_.x;
      break;
    case Form::kBox: {
      const Vec outside{std::abs(q.x) - half_.x + corner_, std::abs(q.y) - half_.y + corner_};
      d = length({std::max(outside.x, 0.0f), std::max(outside.y, 0.0f)}) +
          std::min(std::max(outside.x, outside.y), 0.0f) - corner_;
      break;
    }
    case Form::kPolygon:
    case Form::kVoronoi: {
      d = -1e6f;
      for (const HalfPlane& cut : cuts_) d = std::max(d, dot(q, cut.normal) - cut.distance);
      break;
    }
    default:
      break;
  }
  // Far from the edge the wobble changes nothing.
  if (wobble_ == 0.0f || std::abs(d) > wobble_ + 12.0f) return d;
  return d + 2.0f * wobble_ * (fractal(q.x / wobble_size_, q.y / wobble_size_, seed_, 2) - 0.5f);
}

Rgb Layer::colour(Vec p, float d) const {
  float light = 1.0f + dot(shading_, p - centre_);
  if (bevel_ != 0.0f) light -= bevel_ * (1.0f - ramp(0.0f, bevel_width_, -d));
  return light * material_.at(p.x, p.y);
}

std::vector<Layer> random_layers(int side, QuickDice& dice) {
  std::vector<Layer> layers;
  layers.emplace_back(Form::kEverything, false, side, dice);
  const int more = dice.below(5);
  const bool objects = dice.chance(0.5f);
  for (int k = 0; k < more; ++k) {
    const Form form = static_cast<Form>(1 + dice.below(static_cast<int>(Form::kCount) - 1));
    const bool closed = form != Form::kWavyHalf && form != Form::kBand && form != Form::kVoronoi;
    layers.emplace_back(form, closed && objects, side, dice);
  }
  return layers;
}

}  // namespace

void lay_materials(Canvas& canvas, QuickDice& dice) {
  const std::vector<Layer> layers = random_layers(canvas.side, dice);
  for (int y = 0; y < canvas.side; ++y) {
    for (int x = 0; x < canvas.side; ++x) {
      const Vec p{static_cast<float>(x), static_cast<float>(y)};
      const std::size_t at = canvas.index(x, y);
      // From the top down, until nothing shines through: a material is computed only where it is seen.
      float left = 1.0f, light = 1.0f, most = 0.0f;
      for (auto layer = layers.rbegin(); layer != layers.rend() && left > 0.004f; ++layer) {
        const float d = layer->distance(p);
        const float share = left * covered(d);
        if (share > 0.0f) canvas.colours[at] = canvas.colours[at] + share * light * layer->colour(p, d);
        if (share > most) {
          most = share;
          canvas.labels[at] = static_cast<std::uint16_t>(layer->label());
        }
        left -= share;
        light *= layer->light_below(p);
      }
    }
  }
}

}  // namespace mdd::generate::pretraining
