#include "inference/run_folder.h"

#include <nlohmann/json.hpp>

#include "inference/deployed_file.h"
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

TrainedRun open_run(Backend& backend, const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_regular_file(path, error)) return open_deployed(backend, *weights::open_archive(path));
  if (!std::filesystem::is_directory(path, error)) {
    fail_data(path.string(), "model", "the folder of a run (made by mddnet train) or a file (made by mddnet export)",
              std::filesystem::exists(path, error) ? "something else" : "no such file or folder");
  }
  const RunPaths paths{path};
  TrainedRun run;
  run.path = path;
  run.config = read_config(paths.config());
  const auto archive = weights::open_archive(paths.model());
  check_metadata(*archive, "encoder", run.config.model.encoder);
  check_metadata(*archive, "class_names", names_as_json(run.config.class_names));
  if (std::filesystem::exists(paths.thresholds(), error)) {
    run.thresholds = read_thresholds(paths.thresholds(), run.config.class_names);
  }
  run.model = std::make_unique<MddNet>(backend, run.config.model, false, StoreForm::kFolded);
  load_checkpoint_tensors(*run.model, source_of(*archive));
  return run;
}

}  // namespace mdd
