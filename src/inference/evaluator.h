// Scores every test image of a data set and computes the metrics (spec S10).
#pragma once
#include <functional>

#include "data/dataset.h"
#include "inference/scorer.h"
#include "report/results.h"

namespace mdd {

/// One scored test image, as dumps and reports want it.
struct EvaluatedImage {
  const data::Sample* sample = nullptr;
  std::string class_name;
  const data::Image* image = nullptr;  ///< S x S
  const ScoredResult* result = nullptr;
  std::span<const std::uint8_t> mask;  ///< S x S, 0 or 1; empty if the image is normal or has none
};

/// Where the pixels of a class are kept and ranked.
enum class PixelPlace {
  kAutomatic,  ///< on the scorer's device if that has memory of its own and the coarse variants are not asked for
  kHost,
  kDevice,
};

struct EvaluationOptions {
  std::int64_t batch = 16;
  bool ader = false;      ///< also the coarse variants of the ADer benchmark
  bool all_maps = false;  ///< results carry the raw maps too
  PixelPlace pixels = PixelPlace::kAutomatic;
  /// Bytes on the device, ranking included. A class that needs more goes to the host, and so does one that turns out
  /// not to fit.
  std::uint64_t device_limit = std::uint64_t{2} << 30;
  eval::PixelStorage storage{};  ///< of one class's pixels at a time, on the host
  std::function<void(std::size_t index, const EvaluatedImage&)> on_image;  ///< may be empty
  std::function<void(std::size_t done, std::size_t total)> on_progress;    ///< may be empty
};

/// One row per class that has test images, in the data set's order. class_names are the model's: a class unknown to it
/// has no vote accuracy. Masks are resized as spec S2 says.
[[nodiscard]] report::Results evaluate(Scorer& scorer, const data::Dataset& dataset,
                                       const std::vector<std::string>& class_names, const EvaluationOptions& options);

}  // namespace mdd
