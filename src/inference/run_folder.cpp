#include "inference/run_folder.h"

#include <algorithm>
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

/// The number of prototypes is the one size that config.json alone decides about: it must be that of the file before a
/// model as large as it says is allocated.
void check_prototypes(const weights::TensorArchive& archive, const ModelOptions& options) {
  if (!options.memory) return;
  const auto found = std::ranges::find(archive.tensors(), "memory.prototypes", &weights::TensorInfo::name);
  if (found == archive.tensors().end()) {
    fail_data(archive.path().string(), "missing tensor memory.prototypes", "a memory", "none");
  }
  const Shape& shape = found->shape;
  if (shape.rank() == 3 && shape[0] == options.classes && shape[1] == options.slots) return;
  fail_data(archive.path().string(), "shape of tensor memory.prototypes",
            "[" + std::to_string(options.classes) + ", " + std::to_string(options.slots) + ", ...]", shape.text());
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
  if (std::filesystem::exists(paths.thresholds(), error)) {
    run.thresholds = read_thresholds(paths.thresholds(), run.config.class_names);
  }
  const auto archive = weights::open_archive(paths.model());
  check_metadata(*archive, "encoder", run.config.model.encoder);
  check_metadata(*archive, "class_names", names_as_json(run.config.class_names));
  check_prototypes(*archive, run.config.model);
  run.model = std::make_unique<MddNet>(backend, run.config.model, false, StoreForm::kFolded);
  load_checkpoint_tensors(*run.model, source_of(*archive));
  return run;
}

}  // namespace mdd
