// RUN/: model.safetensors, config.json, thresholds.json, log.jsonl, and training_state.safetensors for --resume.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>

#include "inference/run_config.h"
#include "inference/thresholds_file.h"
#include "weights/archive.h"

namespace mdd {

struct RunPaths {
  std::filesystem::path folder;
  [[nodiscard]] std::filesystem::path model() const { return folder / "model.safetensors"; }
  [[nodiscard]] std::filesystem::path config() const { return folder / "config.json"; }
  [[nodiscard]] std::filesystem::path thresholds() const { return folder / "thresholds.json"; }
  [[nodiscard]] std::filesystem::path log() const { return folder / "log.jsonl"; }
  [[nodiscard]] std::filesystem::path training_state() const { return folder / "training_state.safetensors"; }
};

/// Writes the model under the oracle's names; metadata keeps encoder and class names, so that a file that was moved to
/// another run's folder is noticed.
void write_model(const RunPaths& paths, const MddNet& model, const RunConfig& config, std::int64_t steps);

/// A trained model, ready for inference.
struct TrainedRun {
  std::filesystem::path path;  ///< the run folder, or the file that `mddnet export` made of it
  RunConfig config;
  std::optional<Thresholds> thresholds;  ///< none: training has not finished
  std::unique_ptr<MddNet> model;         ///< folded
};
/// `path` is a run folder or an exported file (inference/deployed_file.h). Throws Error(kData): nothing of the kind
/// there, a file missing or malformed, tensors of another architecture, another class list than config.json's.
[[nodiscard]] TrainedRun open_run(Backend& backend, const std::filesystem::path& path);

}  // namespace mdd
