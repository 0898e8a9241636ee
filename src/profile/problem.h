// A training problem that depends on a seed alone: generated pictures, start weights, and their order. Whatever backend
// it is put on starts from the same bits.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "inference/scorer.h"
#include "train/batch_preparer.h"
#include "train/training_step.h"

namespace mdd {

struct ProblemSize {
  std::string encoder = "resnet18";
  std::int64_t side = 64;  ///< of the pictures
  std::int64_t batch = 4;
  int batches = 3;  ///< different ones, in turn
};

class Problem {
 public:
  /// Renders the pictures.
  Problem(const ProblemSize& size, std::uint64_t seed);

  [[nodiscard]] const ProblemSize& size() const { return size_; }
  [[nodiscard]] const ModelOptions& options() const { return options_; }
  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  [[nodiscard]] const data::Batch& batch(int step) const {
    return batches_[static_cast<std::size_t>(step) % batches_.size()];
  }
  /// size().batch * size().batches pictures, some of them defective.
  [[nodiscard]] const std::vector<data::Image>& pictures() const { return pictures_; }
  /// The same with only the first `batch` pictures of the first batch.
  [[nodiscard]] Problem shortened(std::int64_t batch) const;
  /// Puts the start weights into a model with these options(); folds its encoder. They are drawn, and the encoder
  /// calibrated, on the CPU: once for all plain models, but anew for every folded one, beside which nothing else should
  /// stay in memory.
  void load_into(MddNet& model) const;

 private:
  ProblemSize size_;
  std::uint64_t seed_;
  ModelOptions options_;
  std::vector<data::Image> pictures_;
  std::vector<data::Batch> batches_;
  /// Of the encoder, calibrated on the CPU as on every machine; all else is drawn from the seed. Empty until wanted.
  std::shared_ptr<std::vector<float>> statistics_;
};

/// A model in training on some backend.
class Learner {
 public:
  Learner(Backend& backend, const Problem& problem, StepMode mode);

  /// Makes the next batch ready on the device.
  void prepare();
  /// One training step on it; does not wait.
  void run(double learning_rate) { step_.run(inputs_, learning_rate); }
  [[nodiscard]] StepReport report() const { return step_.report(); }
  /// Everything that training changes: values, running statistics, both moments.
  [[nodiscard]] std::vector<float> state();
  /// Is the step replayed from a recording by now?
  [[nodiscard]] bool recorded() const { return step_.recordings() > 0; }

 private:
  const Problem& problem_;
  MddNet model_;
  TrainingStep step_;
  BatchPreparer preparer_;
  StepInputs inputs_;
  int prepared_ = 0;
};

}  // namespace mdd
