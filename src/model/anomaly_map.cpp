#include "model/anomaly_map.h"

namespace mdd {
namespace {

/// sum over levels of the enlarged 1 - cos(a, b).
Variable upsampled_sum(Tape& tape, const Features& a, const Features& b, std::int64_t side) {
  Variable out = tape.values({a[0]->value.shape[0], side, side});
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Shape& shape = a[i]->value.shape;
    const Variable map = tape.values({shape[0], shape[1], shape[2]});
    tape.backend().cosine_map_forward(a[i]->value, b[i]->value, map->value);
    tape.backend().upsample_bilinear(map->value, out->value, i == 0 ? WriteMode::kOverwrite : WriteMode::kAccumulate);
  }
  return out;
}

}  // namespace

AnomalyMaps anomaly_maps(Tape& tape, const MapOptions& options, const ModelOutput& output, std::int64_t side) {
  Backend& backend = tape.backend();
  AnomalyMaps maps;
  maps.teacher_restored = upsampled_sum(tape, output.teacher, output.restored, side);
  const bool identity = output.identity[0] != nullptr;
  if (identity) {
    maps.restored_identity = upsampled_sum(tape, output.restored, output.identity, side);
  } else {
    maps.restored_identity = tape.values(maps.teacher_restored->value.shape);
    backend.fill(maps.restored_identity->value, 0.0f);
  }
  // One decoder has one map: every fusion of it with nothing is itself.
  const MapFusion fusion = identity ? options.fusion : MapFusion::kTeacherRestored;
  const Variable joined = tape.values(maps.teacher_restored->value.shape);
  backend.fuse_maps(fusion, options.weight, maps.teacher_restored->value, maps.restored_identity->value, joined->value);
  maps.fused = tape.values(joined->value.shape);
  backend.gaussian_blur(options.sigma, joined->value, maps.fused->value);
  maps.scores = tape.values({joined->value.shape[0]});
  backend.image_scores(options.score, maps.fused->value, maps.scores->value);
  return maps;
}

}  // namespace mdd
