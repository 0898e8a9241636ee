// Trains and scores every variant with every seed; what is done already is not done again.
#pragma once
#include "ablate/ablation.h"
#include "train/trainer.h"

namespace mdd::ablate {

struct PlannedVariant {
  Variant variant;
  RunConfig config;  ///< resolved; seed and class names are filled in later
};

struct Plan {
  std::filesystem::path folder;          ///< a run is FOLDER/VARIANT/seed-N
  std::vector<PlannedVariant> variants;  ///< the base is the first
  std::vector<std::uint64_t> seeds;      ///< at least one
  int loader_workers = 2;
  std::uint64_t cache_bytes = std::uint64_t{2} << 30;
  std::optional<std::uint64_t> resident_bytes{};  ///< as TrainRequest's
  const std::atomic<bool>* stop = nullptr;        ///< set by a signal
  std::string program;                            ///< version, for the records
};

/// What a caller wants to hear; every function may be empty.
struct Observer {
  TrainObserver training;
  std::function<void(const std::string&)> on_message;
  std::function<void(std::size_t done, std::size_t total)> on_scored;
  std::function<void(const Ablation&)> on_run;  ///< after each run
};

/// Epochs after which a run has about `steps` steps: at least one, the nearest number. So the learning rate drops where
/// it does in a run of that length.
[[nodiscard]] std::int64_t epochs_for_steps(const data::Dataset& dataset, std::int64_t batch, std::int64_t steps);

/// For each seed, for each variant: trains on the data set's normal images into a run folder as `mddnet train` does
/// (finished runs are skipped, unfinished ones resumed), scores the test images as `mddnet eval` does, keeps
/// metrics.json. A variant that differs from the base in map options alone scores the base's models.
/// A run that fails while it runs (ErrorKind::kRuntime) is noted, and the next one begins.
/// Throws, before anything is trained, Error(kUsage) if a folder holds a run with other options or data; later
/// Error(kInterrupted) after a stop: the same call goes on; and what train, open_run and evaluate throw.
[[nodiscard]] Ablation run_ablation(Backend& backend, const Plan& plan, const data::Dataset& dataset,
                                    const std::filesystem::path& data_root, const Observer& observer);

}  // namespace mdd::ablate
