// One training step on the device: both encoder passes, trained layers, losses, gradients, Adam (spec S6, S9). Between
// the arrival of a batch and the report nothing waits for the device.
#pragma once
#include <array>
#include <optional>

#include "autograd/replay.h"
#include "model/losses.h"

namespace mdd {

/// A step's inputs on the device. Images lie as [normal ; anomalous], so that the encoder runs once.
struct StepInputs {
  Variable images;  ///< features [2N,S,S,3], normalised
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

/// What gradients are multiplied by while they are stored as `features`. The gradient of a flattened map's cosine has a
/// norm of at most 1 / (images * |a|), spread over 10^5 to 10^6 elements: 1e-6 an element and less. f16 loses digits
/// below 6e-5 and everything below 3e-8, so there the losses pull 2^14 times harder, and Adam divides by the same; a
/// step that overflows f16's 65504 all the same is skipped like any other that is not finite. bf16 has f32's range.
[[nodiscard]] float loss_scale_for(DType features);

class TrainingStep {
 public:
  /// Requires a trainable model whose encoder is folded; the model outlives the step. The loss scale is chosen here, by
  /// what the backend stores features as, whatever `adam` says.
  TrainingStep(MddNet& model, const LossOptions& losses, const AdamParams& adam, StepMode mode = StepMode::kRecorded);

  /// One whole step: forward(), then backward_and_update() with this learning rate. Recorded and replayed after some
  /// runs with the same inputs' extents and addresses, where the backend can and the mode asks for it.
  void run(const StepInputs& inputs, double learning_rate);
  /// Kinds of step that run() replays from a recording by now.
  [[nodiscard]] std::size_t recordings() const { return replay_.recordings(); }

  /// A tape over this step's arena, for the parts below. Everything taken from it must be gone before the next run().
  [[nodiscard]] Tape tape(bool training) { return {model_->backend(), arena_, training}; }
  [[nodiscard]] StepArena& arena() { return arena_; }

  /// Encoder, trained layers and losses; records the backward steps on `tape`. Returns what was computed.
  ModelOutput forward(Tape& tape, const StepInputs& inputs);
  /// What forward() multiplies the gradients by; backward_and_update() divides by it again.
  [[nodiscard]] float loss_scale() const { return adam_.loss_scale; }
  /// What backward_and_update() multiplies its updates by, from now on.
  void set_learning_rate(double learning_rate);
  /// Gradients of everything recorded, then one Adam step.
  void backward_and_update(Tape& tape);
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
  Replay replay_;
};

}  // namespace mdd
