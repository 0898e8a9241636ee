// What was scored, kept in the run's folder so that a repeated command need not score again: metrics.json, as
// `mddnet eval --json` writes it, and scored.json, which says what the metrics belong to.
#pragma once
#include <filesystem>
#include <optional>

#include "ablate/ablation.h"

namespace mdd::ablate {

/// What metrics depend on.
struct ScoreKey {
  std::string config;      ///< to_json of the run
  std::string train_data;  ///< digest_of the training images
  std::string test_data;   ///< the same of the test images
};

/// Writes metrics.json, then scored.json. Throws Error(kRuntime) if that fails.
void write_run_record(const std::filesystem::path& folder, const ScoreKey& key, const Run& run);

/// Completes `run` from the folder's record. False, and nothing is changed, if there is none, if it belongs to another
/// key, or if it is damaged: then the run has to be scored (again).
[[nodiscard]] bool read_run_record(const std::filesystem::path& folder, const ScoreKey& key, Run& run);

void remove_run_record(const std::filesystem::path& folder);

/// Seconds that the steps of a run took, over all processes that worked on it, from its log.jsonl; 0 without a log.
[[nodiscard]] double logged_seconds(const std::filesystem::path& log, std::int64_t images_per_step);

}  // namespace mdd::ablate
