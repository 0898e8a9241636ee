// Everything that defines a run: what `train` was told, fully resolved, as config.json keeps it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "model/anomaly_map.h"
#include "model/losses.h"

namespace mdd {

/// Spec S7.
struct SynthesisConfig {
  std::string textures;      ///< folder of texture images; empty = training images are the source
  float p_normal = 0.0f;     ///< probability that nothing is inserted
  float max_opacity = 0.8f;  ///< the original's share b under the mask is uniform in 0..max_opacity
  bool augment = true;       ///< distort the source
};

/// Spec S9.
struct TrainingConfig {
  std::int64_t epochs = 100;
  std::int64_t batch = 16;
  double learning_rate = 0.005;
  double decay_at = 0.8;  ///< share of the epochs after which the rate drops
  double decay_factor = 0.1;
  AdamParams adam;
  std::uint64_t seed = 0;
};

struct RunConfig {
  ModelOptions model;  ///< model.classes = class_names.size()
  std::int64_t image_size = 256;
  std::string weights;  ///< file that the encoder came from, or "random"
  std::vector<std::string> class_names;
  LossOptions losses;
  MapOptions map;
  SynthesisConfig synthesis;
  TrainingConfig training;
};

/// Throws Error(kUsage) naming the first option whose value makes no sense.
void check_config(const RunConfig& config);

/// config.json, indented, with a trailing newline. Every option is written, defaults too. Throws Error(kData) if a
/// class name or path is not UTF-8, for JSON can hold nothing else.
[[nodiscard]] std::string to_json(const RunConfig& config);
/// Throws Error(kData) naming `path` and the key: missing, of the wrong type, unknown, or out of range.
[[nodiscard]] RunConfig read_config(const std::filesystem::path& path);
/// The same for the text of such a file; `where` starts every message.
[[nodiscard]] RunConfig parse_config(const std::string& where, std::string_view text);

/// Names the first option that differs ("training.epochs: expected 100, found 20"), or returns "" if none does. Used to
/// refuse a resume under other options. The paths of weights and textures may differ.
[[nodiscard]] std::string first_difference(const RunConfig& expected, const RunConfig& found);

}  // namespace mdd
