// A run of a tiny model with random weights, and pictures for it.
#pragma once
#include "inference/deployed_file.h"
#include "inference/inspector.h"

namespace mdd::test {

/// Three classes, 64 x 64, statistics and thresholds that are not the initial ones; thresholds lie between the scores
/// of example_picture(1) and (2). `form` of its model.
[[nodiscard]] TrainedRun example_run(Backend& backend, StoreForm form, bool memory = true);

/// Smooth, so that maps have regions of some size.
[[nodiscard]] data::Image example_picture(std::int64_t height, std::int64_t width, std::uint32_t item);

/// Bytes of the run as an exported file.
[[nodiscard]] const std::string& exported_bytes(DType storage = DType::kF32);

}  // namespace mdd::test
