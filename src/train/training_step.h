// One training step on the device: both encoder passes, trained layers, losses, gradients, Adam (spec S6, S9). Between
// the arrival of a batch and the report nothing waits for the device.
#pragma once
#include <array>
#include <optional>

#include "model/losses.h"

namespace mdd {

/// A step's inputs on the device. Images lie as [normal ; anomalous], so that the encoder runs once.
struct StepInputs {
  Variable images;  ///< f32 [2N,S,S,3], normalised
  Variable mask;    ///< u8 [N,S,S]
  Variable labels;  ///< i32 [N]
};

/// What a step left behind, fetched to the host.
struct StepReport {
  std::array<float, kLossTerms> terms{};
  float total = 0;
  double gradient_norm = 0;           ///< before clipping
  std::int64_t steps_taken = 0;       ///< updates so far
  std::int64_t skipped_in_a_row = 0;  ///< loss or gradient was not finite
  std::int64_t skipped_total = 0;
};

class TrainingStep {
 public:
  /// Requires a trainable model whose encoder is folded; the model outlives the step.
  TrainingStep(MddNet& model, const LossOptions& losses, const AdamParams& adam);

  /// A tape over this step's arena. Everything taken from it must be gone before the next run().
  [[nodiscard]] Tape tape(bool training) { return {model_->backend(), arena_, training}; }
  [[nodiscard]] StepArena& arena() { return arena_; }

  /// Encoder, trained layers and losses; records the backward steps on `tape`. Returns what was computed.
  ModelOutput forward(Tape& tape, const StepInputs& inputs);
  /// Gradients of everything recorded, then one Adam step with this learning rate.
  void backward_and_update(Tape& tape, double learning_rate);
  /// Waits for the device.
  [[nodiscard]] StepReport report() const;
  /// Puts the running statistics back to what they were before the last forward(): a step that was skipped because of a
  /// value that is not finite must leave no trace of it.
  void undo_statistics();

  /// Optimiser counters, for checkpoints: f64 [kOptimizerStateSize].
  [[nodiscard]] std::array<double, kOptimizerStateSize> optimizer_state() const;
  void set_optimizer_state(const std::array<double, kOptimizerStateSize>& state);

 private:
  [[nodiscard]] Tensor terms() const { return {scalars_.data(), DType::kF32, {kLossTerms}}; }
  [[nodiscard]] Tensor total() const { return {static_cast<std::byte*>(scalars_.data()) + 256, DType::kF32, {1}}; }
  [[nodiscard]] Tensor state() const {
    return {static_cast<std::byte*>(scalars_.data()) + 512, DType::kF64, {kOptimizerStateSize}};
  }

  MddNet* model_;
  LossOptions losses_;
  AdamParams adam_;
  Buffer scalars_;
  Buffer statistics_;  ///< the running statistics before the last forward
  StepArena arena_;
};

}  // namespace mdd
