// training_state.safetensors: all that a bit-exact resume needs, in one file that appears whole or not at all.
#pragma once
#include "inference/run_folder.h"
#include "train/training_step.h"

namespace mdd {

/// Where a run stands.
struct TrainingPosition {
  std::int64_t step = 0;    ///< batches consumed since the start; the next one has this number
  std::string data_digest;  ///< of the training list: a resume on other data is refused
};

/// Throws Error(kRuntime) naming the tensor if a trained value, statistic or moment is not finite: a broken model never
/// replaces a good one.
void require_finite(const MddNet& model);

/// Trained values, running statistics, both moments ("adam.first.NAME", "adam.second.NAME"), optimiser counters.
/// Throws what require_finite throws, before anything is written.
void write_training_state(const RunPaths& paths, const MddNet& model, const TrainingStep& step,
                          const TrainingPosition& position);

/// Model and state of one moment. Both are written beside the old ones and take their places only when both are whole:
/// a disk that fills up leaves the last checkpoint as it was. Throws what require_finite and write_atomically throw.
void write_checkpoint(const RunPaths& paths, const MddNet& model, const RunConfig& config, const TrainingStep& step,
                      const TrainingPosition& position);

/// What a process that was killed while it wrote left in the folder: a checkpoint of which only the model has taken its
/// place is completed, anything else that is not whole is removed.
void settle_checkpoint(const RunPaths& paths);

/// Throws Error(kData) if the file is missing, malformed or of another architecture.
[[nodiscard]] TrainingPosition read_training_state(const RunPaths& paths, MddNet& model, TrainingStep& step);

}  // namespace mdd
