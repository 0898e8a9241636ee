// The switches that define a training run, on the command line of every subcommand that trains.
#pragma once
#include <optional>

#include "cli/command.h"
#include "inference/run_config.h"

namespace mdd::cli {

/// A configuration as options fill it in.
struct RunSwitches {
  RunSwitches() { config.model.encoder.clear(); }

  RunConfig config;  ///< an empty encoder is chosen by the weights, empty weights by the encoder
  bool no_memory = false, no_identity = false, no_augment = false;

  /// The configuration with flags applied, the encoder chosen (encoder_choice.h) and automatic values filled in; class
  /// names are the caller's to add. `note` says what was assumed about the encoder, if anything.
  /// Throws Error(kUsage) naming the first option whose value makes no sense, and what choose_encoder throws.
  [[nodiscard]] RunConfig resolved(std::string& note) const;
};

/// --encoder, --weights, --size. The first two may be left out, see RunSwitches::resolved.
void add_encoder_options(CLI::App& command, RunConfig& config);
/// --epochs, --batch.
void add_length_options(CLI::App& command, TrainingConfig& training);
/// Every other switch of training, model, losses, synthesis and anomaly map, except --seed.
void add_switches(CLI::App& command, RunSwitches& switches);

/// How images are decoded; changes speed, never results.
struct LoaderSettings {
  int workers = 2;
  std::int64_t cache_megabytes = 2048;
  std::optional<std::int64_t> device_cache_megabytes{};

  [[nodiscard]] std::uint64_t cache_bytes() const { return static_cast<std::uint64_t>(cache_megabytes) << 20; }
  /// TrainRequest::resident_bytes.
  [[nodiscard]] std::optional<std::uint64_t> resident_bytes() const {
    if (!device_cache_megabytes) return std::nullopt;
    return static_cast<std::uint64_t>(*device_cache_megabytes) << 20;
  }
};
/// --workers, --cache-mb, --device-cache-mb.
void add_loader_options(CLI::App& command, LoaderSettings& loader);

}  // namespace mdd::cli
