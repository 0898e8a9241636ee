#include "generate/pretraining_scene.h"

#include <string>
#include <utility>

#include "core/error.h"
#include "generate/pretraining_camera.h"
#include "generate/pretraining_layout.h"
#include "generate/pretraining_material.h"
#include "generate/pretraining_overlay.h"
#include "generate/sample.h"

namespace mdd::generate {
namespace {

using pretraining::Canvas;
using pretraining::QuickDice;

constexpr int kFirstOverlay = pretraining::kMaterialCount;
constexpr int kFirstClass = kFirstOverlay + pretraining::kOverlayCount;

int defect_count(int class_index) { return static_cast<int>(defect_names(class_index).size()); }

int first_defect_label(int class_index) {
  int label = kFirstClass + class_count();
  for (int before = 0; before < class_index; ++before) label += defect_count(before);
  return label;
}

Canvas render_mosaic(int side, QuickDice& dice) {
  Canvas canvas(side);
  pretraining::lay_materials(canvas, dice);
  const int overlays = dice.below(7);
  for (int k = 0; k < overlays; ++k) {
    const auto kind = static_cast<pretraining::Overlay>(dice.below(pretraining::kOverlayCount));
    pretraining::lay_overlay(canvas, kind, kFirstOverlay, dice);
  }
  return canvas;
}

/// A product as a whole, or a quarter of one seen twice as large.
Canvas render_product(int side, QuickDice& dice) {
  SampleRequest request;
  request.class_index = dice.below(class_count());
  if (dice.chance(0.7f)) request.defect_index = dice.below(defect_count(request.class_index));
  request.number = static_cast<std::uint32_t>(dice.bits());
  request.seed = dice.bits() | std::uint64_t{1} << 63;
  const bool close = dice.chance(0.25f);
  request.size = close ? 2 * side : side;
  const RenderedSample sample = render_sample(request);
  const int left = close ? dice.below(side + 1) : 0, top = close ? dice.below(side + 1) : 0;
  const auto normal = static_cast<std::uint16_t>(kFirstClass + request.class_index);
  const auto defect = static_cast<std::uint16_t>(first_defect_label(request.class_index) + request.defect_index);
  Canvas canvas(side);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const auto at = static_cast<std::size_t>((top + y) * request.size + left + x);
      const std::uint8_t* const pixel = sample.image.pixels.data() + 3 * at;
      const auto channel = [&](int c) { return static_cast<float>(pixel[c]) * (1.0f / 255.0f); };
      canvas.colours[canvas.index(x, y)] = {channel(0), channel(1), channel(2)};
      canvas.labels[canvas.index(x, y)] = sample.mask.pixels[at] != 0 ? defect : normal;
    }
  }
  return canvas;
}

}  // namespace

int pretraining_label_count() { return first_defect_label(class_count()); }

bool is_overlay(int label) {
  return (label >= kFirstOverlay && label < kFirstClass) || label >= kFirstClass + class_count();
}

LabelledScene render_pretraining_scene(const PretrainingRequest& request) {
  if (request.side < kMinPretrainingSide || request.side > kMaxPretrainingSide) {
    fail(ErrorKind::kUsage, "side of pretraining pictures: expected " + std::to_string(kMinPretrainingSide) + " to " +
                                std::to_string(kMaxPretrainingSide) + ", found " + std::to_string(request.side));
  }
  QuickDice dice(pretraining::scramble(request.seed) ^ request.number);
  const int side = static_cast<int>(request.side);
  const bool mosaic = dice.chance(0.7f);
  Canvas canvas = mosaic ? render_mosaic(side, dice) : render_product(side, dice);
  pretraining::turn_at_random(canvas, dice);
  LabelledScene scene;
  scene.image = pretraining::photograph(canvas, mosaic ? 1.0f : 0.4f, dice);
  scene.labels = std::move(canvas.labels);
  return scene;
}

}  // namespace mdd::generate
