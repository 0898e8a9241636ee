#include "train/checkpoint.h"

#include "train/store_state.h"
#include "weights/safetensors.h"

namespace mdd {

void require_finite(const MddNet& model) { require_finite(model.trained()); }

void write_training_state(const RunPaths& paths, const MddNet& model, const TrainingStep& step,
                          const TrainingPosition& position) {
  require_finite(model);
  auto tensors = state_tensors(model.trained(), step.optimizer_state());
  weights::write_safetensors_of(paths.training_state(), std::move(tensors),
                                {{"format", "mddnet-training-state"},
                                 {"encoder", model.options().encoder},
                                 {"step", std::to_string(position.step)},
                                 {"data", position.data_digest}});
}

TrainingPosition read_training_state(const RunPaths& paths, MddNet& model, TrainingStep& step) {
  const auto archive = weights::open_archive(paths.training_state());
  TrainingPosition position;
  position.data_digest = required_metadata(*archive, "data");
  position.step = required_count(*archive, "step");
  step.set_optimizer_state(restore_state(model.trained(), *archive));
  return position;
}

}  // namespace mdd
