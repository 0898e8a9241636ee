// Pictures with a label for every pixel, to pretrain an encoder on without any photograph: mosaics of procedural
// materials with strokes, specks and defects on them, and this project's own generated products.
#pragma once
#include <cstdint>
#include <vector>

#include "data/image.h"

namespace mdd::generate {

struct LabelledScene {
  data::Image image;                  ///< side x side RGB
  std::vector<std::uint16_t> labels;  ///< side x side: what is seen at each pixel, 0 .. pretraining_label_count() - 1
};

/// Which picture; another number or seed gives another picture.
struct PretrainingRequest {
  std::uint64_t seed = 0;
  std::uint64_t number = 0;
  std::int64_t side = 128;
};

inline constexpr std::int64_t kMinPretrainingSide = 64;
inline constexpr std::int64_t kMaxPretrainingSide = 512;

/// Labels in order: materials, kinds of overlay, generated classes, and the kinds of defect of each class.
[[nodiscard]] int pretraining_label_count();
/// Whether a label means something laid over a surface (stroke, speck, defect) instead of a surface.
[[nodiscard]] bool is_overlay(int label);

/// Renders one picture: a mosaic three times in five, else a product. A pure function of the request on one machine;
/// single precision, so that another compiler may round some pixels otherwise. May be called from several threads.
/// The products never coincide with those of a user's seed below 2^63.
/// Throws Error(kUsage) for a side outside kMinPretrainingSide .. kMaxPretrainingSide.
[[nodiscard]] LabelledScene render_pretraining_scene(const PretrainingRequest& request);

}  // namespace mdd::generate
