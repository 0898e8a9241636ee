// From the features of teacher and decoders to an anomaly map and a score (spec S8).
#pragma once
#include "model/mddnet.h"

namespace mdd {

struct MapOptions {
  MapFusion fusion = MapFusion::kSum;
  float weight = 0.5f;  ///< of the restored-identity map under MapFusion::kWeighted
  float sigma = 4.0f;   ///< of the Gaussian, in pixels
  ScoreRule score = ScoreRule::kMaximum;
};

struct AnomalyMaps {
  Variable teacher_restored;   ///< f32 [N,S,S]
  Variable restored_identity;  ///< f32 [N,S,S]; zero without an identity decoder
  Variable fused;              ///< f32 [N,S,S], blurred: the product's answer
  Variable scores;             ///< f32 [N]
};

/// side = S of the images that `output` was computed from.
[[nodiscard]] AnomalyMaps anomaly_maps(Tape& tape, const MapOptions& options, const ModelOutput& output,
                                       std::int64_t side);

}  // namespace mdd
