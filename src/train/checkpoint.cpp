#include "train/checkpoint.h"

#include "core/atomic_file.h"
#include "train/store_state.h"
#include "weights/safetensors.h"

namespace mdd {
namespace {

/// Where a checkpoint is made before it takes its place.
RunPaths fresh_paths(const RunPaths& paths) { return {paths.folder / ".checkpoint"}; }

/// The state before the model, so that a state alone always means that its model is in its place.
void remove_fresh(const RunPaths& fresh) noexcept {
  std::error_code ignored;
  std::filesystem::remove(fresh.training_state(), ignored);
  std::filesystem::remove_all(fresh.folder, ignored);
}

}  // namespace

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

void write_checkpoint(const RunPaths& paths, const MddNet& model, const RunConfig& config, const TrainingStep& step,
                      const TrainingPosition& position) {
  require_finite(model);
  const RunPaths fresh = fresh_paths(paths);
  remove_fresh(fresh);
  std::error_code error;
  std::filesystem::create_directories(fresh.folder, error);
  if (error) fail(ErrorKind::kRuntime, "cannot create " + fresh.folder.string() + ": " + error.message());
  try {
    // The model goes first, here and in its place: settle_checkpoint() reads from what is left how far this came, and a
    // state never stands without an encoder.
    write_model(fresh, model, config, step.report().steps_taken);
    write_training_state(fresh, model, step, position);
    replace_file(fresh.model(), paths.model());
    replace_file(fresh.training_state(), paths.training_state());
  } catch (...) {
    remove_fresh(fresh);
    throw;
  }
  remove_fresh(fresh);
}

void settle_checkpoint(const RunPaths& paths) {
  const RunPaths fresh = fresh_paths(paths);
  std::error_code error;
  // The state is made after the model: one that stands alone had its model, which has taken its place.
  const bool half_way = std::filesystem::exists(fresh.training_state(), error) &&
                        !std::filesystem::exists(fresh.model(), error) && !error;
  if (half_way) replace_file(fresh.training_state(), paths.training_state());
  remove_fresh(fresh);
  for (const auto& entry : std::filesystem::directory_iterator(paths.folder, error)) {
    std::error_code ignored;
    if (is_temporary_name(entry.path())) std::filesystem::remove(entry.path(), ignored);
  }
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
