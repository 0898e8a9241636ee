// The training run (spec S9): batches, steps, checkpoints every epoch and on request, thresholds at the end.
#pragma once
#include <atomic>
#include <functional>
#include <optional>

#include "data/dataset.h"
#include "inference/run_folder.h"
#include "train/run_log.h"

namespace mdd {

/// What a caller wants to hear; every function may be empty.
struct TrainObserver {
  std::function<void(const StepRecord&, std::int64_t total_steps, std::int64_t total_epochs)> on_step;
  std::function<void(const std::string&)> on_message;
};

struct TrainRequest {
  RunConfig config;
  std::filesystem::path folder;  ///< RUN/; created if missing
  bool resume = false;           ///< continue from RUN/training_state.safetensors
  std::int64_t max_steps = 0;    ///< stop after this many steps of the run, checkpoint written; 0 = to the end
  int loader_workers = 2;
  std::uint64_t cache_bytes = std::uint64_t{2} << 30;  ///< decoded images kept in the host's memory
  /// Decoded images kept in the backend's memory, where their anomaly sources are then made; see resident_bytes().
  std::optional<std::uint64_t> resident_bytes{};
  const std::atomic<bool>* stop = nullptr;  ///< set by a signal: checkpoint, then Error(kInterrupted)
};

/// learning_rate, times decay_factor from epoch floor(decay_at * epochs) on; epoch counts from 0.
[[nodiscard]] double learning_rate_of(const TrainingConfig& training, std::int64_t epoch);

/// Identifies a training list: class names, and each image's path below the root, in order.
[[nodiscard]] std::string digest_of(const data::Dataset& dataset, const std::filesystem::path& root);

/// Trains on dataset.train less the hold-out, writes RUN/, returns the number of steps done in all.
/// Throws Error(kUsage) if RUN/ holds another run and resume is off, or a resume would change an option;
/// Error(kData) for bad weights or images; Error(kRuntime) after 10 skipped steps in a row, with the last good
/// checkpoint kept, and if no step at all was taken; Error(kInterrupted) after a stop. A resume first puts in order
/// what a killed process left behind (settle_checkpoint).
std::int64_t train(Backend& backend, const TrainRequest& request, const data::Dataset& dataset,
                   const std::filesystem::path& data_root, const TrainObserver& observer);

}  // namespace mdd
