// The results of an ablation: every variant with every seed.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ablate/statistics.h"
#include "ablate/variants.h"
#include "inference/run_config.h"
#include "report/results.h"

namespace mdd::ablate {

/// One variant with one seed.
struct Run {
  std::uint64_t seed = 0;
  std::filesystem::path folder;            ///< below the ablation's folder; holds metrics.json
  std::filesystem::path model;             ///< folder of the run that was scored; the base's if nothing was trained
  std::optional<report::Results> metrics;  ///< none while the run is to come, or if it failed
  double training_seconds = 0;             ///< of the steps; 0 if the base's model was scored
  double scoring_seconds = 0;
  std::string machine, program;  ///< what scored it
  std::string failure;           ///< why there are no metrics; empty if it did not fail
};

struct VariantResults {
  Variant variant;
  RunConfig config;       ///< of the first seed
  bool trains = true;     ///< false: its map options are applied to the base's models
  std::vector<Run> runs;  ///< one a seed, in the order of Ablation::seeds
};

struct Ablation {
  std::vector<std::uint64_t> seeds;
  std::vector<VariantResults> variants;  ///< the base is the first
};

/// A metric of the mean over classes.
struct Metric {
  std::string_view key;      ///< as in metrics.json
  std::string_view heading;  ///< of its column; empty if it is in no table
  Value eval::MeanRow::*value;
};
[[nodiscard]] std::span<const Metric> metrics();

/// One value a seed; undefined where a run has none.
[[nodiscard]] std::vector<Value> values_of(const VariantResults& results, const Metric& metric);

}  // namespace mdd::ablate
