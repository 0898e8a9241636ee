#include "inference/run_folder.h"

#include <nlohmann/json.hpp>

#include "inference/tensor_source.h"
#include "model/state_dict.h"
#include "weights/safetensors.h"

namespace mdd {
namespace {

std::string names_as_json(const std::vector<std::string>& names) { return nlohmann::json(names).dump(); }

void check_metadata(const weights::TensorArchive& archive, const std::string& key, const std::string& expected) {
  const auto found = archive.metadata().find(key);
  if (found == archive.metadata().end() || found->second == expected) return;
  fail_data(archive.path().string(), key + " of the checkpoint", expected + " (config.json)", found->second);
}

}  // namespace

void write_model(const RunPaths& paths, const MddNet& model, const RunConfig& config, std::int64_t steps) {
  auto tensors = export_tensors(model.frozen(), 0);
  auto trained = export_tensors(model.trained(), steps);
  std::move(trained.begin(), trained.end(), std::back_inserter(tensors));
  weights::write_safetensors_of(paths.model(), std::move(tensors),
                                {{"format", "mddnet"},
                                 {"encoder", config.model.encoder},
                                 {"class_names", names_as_json(config.class_names)},
                                 {"steps", std::to_string(steps)}});
}

TrainedRun open_run(Backend& backend, const std::filesystem::path& folder) {
  TrainedRun run;
  run.paths.folder = folder;
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    fail_data(folder.string(), "model", "the folder of a run (made by mddnet train)", "no such folder");
  }
  run.config = read_config(run.paths.config());
  const auto archive = weights::open_archive(run.paths.model());
  check_metadata(*archive, "encoder", run.config.model.encoder);
  check_metadata(*archive, "class_names", names_as_json(run.config.class_names));
  run.model = std::make_unique<MddNet>(backend, run.config.model, false);
  load_checkpoint_tensors(*run.model, source_of(*archive));
  return run;
}

}  // namespace mdd
