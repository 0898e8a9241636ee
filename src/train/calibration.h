// Scores of normal images, from which thresholds are computed (spec S8).
#pragma once
#include "data/dataset.h"
#include "data/split.h"
#include "inference/scorer.h"
#include "inference/thresholds_file.h"

namespace mdd {

/// Scores the hold-out of every class; a class without one is scored on its training images and flagged as optimistic.
[[nodiscard]] Thresholds calibrate(Scorer& scorer, const data::Dataset& dataset, const data::Split& split,
                                   std::int64_t batch);

}  // namespace mdd
