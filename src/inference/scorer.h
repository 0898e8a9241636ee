// Inference over images: maps, score and class vote, batch by batch (spec S8).
#pragma once
#include <functional>
#include <span>

#include "autograd/replay.h"
#include "data/image.h"
#include "inference/run_config.h"
#include "model/mddnet.h"

namespace mdd {

/// What inference says about one image. Maps are S x S, row by row.
struct ScoredResult {
  float score = 0;
  std::vector<float> map;                ///< fused and blurred
  Tensor device_map;                     ///< the same on the scorer's backend, until it scores again
  std::vector<float> teacher_restored;   ///< raw; filled on request
  std::vector<float> restored_identity;  ///< raw; filled on request
  std::vector<float> mass;               ///< per class; empty without memory
  /// What each position of z read, (S/32)^2 rows of classes * slots that sum to 1; filled on request, empty without
  /// memory.
  std::vector<float> attention;
  /// Class index of the largest mass; 0 if there is one class only, -1 without memory.
  std::int64_t vote = -1;
};

class Scorer {
 public:
  /// Folds the model. The model outlives the scorer and is not trained while it lives.
  Scorer(MddNet& model, const MapOptions& map, std::int64_t image_size, StepMode mode = StepMode::kRecorded);
  ~Scorer();
  Scorer(const Scorer&) = delete;
  Scorer& operator=(const Scorer&) = delete;

  /// Images of image_size x image_size. `all_maps` asks for the raw maps and the memory's attention too. Throws
  /// Error(kRuntime) if a score or a share of the vote is not finite: weights or image are broken.
  [[nodiscard]] std::vector<ScoredResult> score(std::span<const data::Image> images, bool all_maps = false);
  [[nodiscard]] std::int64_t image_size() const { return side_; }
  [[nodiscard]] Backend& backend() const { return model_->backend(); }
  /// Batch sizes that are scored by replaying a recording by now.
  [[nodiscard]] std::size_t recordings() const { return replay_.recordings(); }

 private:
  /// What goes into a batch and what comes out, on the device, at addresses that stay.
  struct Batch {
    Tensor bytes;                      ///< u8 [N,S,S,3]
    Tensor scores;                     ///< [N]
    Tensor fused, restored, identity;  ///< [N,S,S]
    Tensor mass;                       ///< [N, classes]; undefined without memory
    Tensor attention;                  ///< [N * (S/32)^2, classes * slots]; undefined unless asked for
  };
  [[nodiscard]] Batch batch(std::int64_t images, bool all_maps);
  /// bytes -> everything else; what is not asked for is left alone.
  void compute(const Batch& batch, bool all_maps);

  MddNet* model_;
  MapOptions map_;
  std::int64_t side_;
  StepArena arena_;
  Replay replay_;
  Buffer memory_;  ///< of the largest batch so far
};

/// Receives what becomes of each path; called in the order of the paths within each of the two functions.
struct ScoreConsumer {
  std::function<void(std::size_t index, const data::Image&, ScoredResult&)> on_result;
  /// An image that cannot be read; if empty, its error is thrown and ends the whole call.
  std::function<void(std::size_t index, const Error&)> on_error;
};

struct ScoreFilesOptions {
  std::int64_t batch = 16;
  bool all_maps = false;  ///< results carry the raw maps and the attention too
};

/// Decodes and resizes `paths` ahead on worker threads and scores them batch by batch.
void score_files(Scorer& scorer, const std::vector<std::filesystem::path>& paths, const ScoreFilesOptions& options,
                 const ScoreConsumer& consumer);

}  // namespace mdd
