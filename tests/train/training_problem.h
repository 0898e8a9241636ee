// One small training step with a fixed batch.
#pragma once
#include "model/tiny_problem.h"
#include "train/training_step.h"

namespace mdd::test {

class TrainingProblem {
 public:
  explicit TrainingProblem(const ModelOptions& options = tiny(), const LossOptions& losses = {}, std::uint64_t seed = 3)
      : backend(make_cpu_backend()),
        model(*backend, options, true),
        step(model, losses, {}),
        images_(random_images(*backend, 2 * kBatch, kSide, 1)),
        mask_(square_masks(*backend, kBatch, kSide)),
        labels_(labels_of(*backend, kBatch, options.classes)) {
    model.initialise(seed);
    {
      Tape tape = step.tape(true);
      model.encoder().calibrate(tape, images_.variable());
    }
    step.arena().reset();
  }

  StepReport train(double learning_rate = 0.005) {
    step.run({images_.variable(), mask_.variable(), labels_.variable()}, learning_rate);
    return step.report();
  }
  [[nodiscard]] std::vector<float> values() const { return fetch(*backend, model.trained().values()); }
  [[nodiscard]] std::vector<float> statistics() const { return fetch(*backend, model.trained().statistics()); }
  [[nodiscard]] std::vector<float> moments() const {
    std::vector<float> out = fetch(*backend, model.trained().first_moments());
    const std::vector<float> second = fetch(*backend, model.trained().second_moments());
    out.insert(out.end(), second.begin(), second.end());
    return out;
  }
  /// Overwrites one element of a trained tensor; returns what it was.
  float poke(const std::string& name, std::int64_t index, float value) {
    const Tensor element{model.trained().find(name)->view.value.f32() + index, DType::kF32, {1}};
    const float before = fetch(*backend, element)[0];
    backend->copy_from_host(element, std::as_bytes(std::span(&value, 1)));
    return before;
  }

  static constexpr std::int64_t kBatch = 2, kSide = 64;
  std::unique_ptr<Backend> backend;
  MddNet model;
  TrainingStep step;

 private:
  OnDevice images_, mask_, labels_;
};

/// Bit for bit, NaN included.
inline bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return std::ranges::equal(std::as_bytes(std::span(a)), std::as_bytes(std::span(b)));
}

}  // namespace mdd::test
