#include "train/training_step.h"

#include "core/trace.h"

namespace mdd {
namespace {
template <class T>
T fetch(Backend& backend, const Tensor& tensor) {
  T out{};
  backend.copy_to_host(std::as_writable_bytes(std::span(&out, 1)), tensor);
  return out;
}
}  // namespace

float loss_scale_for(DType features) { return features == DType::kF16 ? 16384.0f : 1.0f; }

TrainingStep::TrainingStep(MddNet& model, const LossOptions& losses, const AdamParams& adam, StepMode mode)
    : model_(&model),
      losses_(losses),
      adam_(adam),
      scalars_(model.backend(), 1024),
      arena_(model.backend()),
      replay_(model.backend(), arena_, mode) {
  adam_.loss_scale = loss_scale_for(model.backend().feature_type());
  statistics_ = Buffer(model.backend(), model.trained().statistics().bytes());
  model.backend().fill({scalars_.data(), DType::kF32, {256}}, 0.0f);
}

ModelOutput TrainingStep::forward(Tape& tape, const StepInputs& inputs) {
  const Tensor statistics = model_->trained().statistics();
  model_->backend().copy(statistics, {statistics_.data(), DType::kF32, statistics.shape});
  const std::int64_t images = inputs.mask->value.shape[0];
  Features normal, anomalous, both;
  {
    const TraceRange range("encoder");
    both = model_->encoder().forward(tape, inputs.images);
  }
  for (std::size_t i = 0; i < both.size(); ++i) {
    normal[i] = Tape::rows(both[i], 0, images);
    anomalous[i] = Tape::rows(both[i], images, images);
  }
  ModelOutput output = model_->forward(tape, anomalous, losses_.needs_identity());
  const TraceRange range("losses");
  record_losses(tape, losses_, output, {normal, inputs.mask, inputs.labels}, terms(), total(), loss_scale());
  return output;
}

void TrainingStep::set_learning_rate(double learning_rate) {
  model_->backend().copy_from_host({state().as<double>() + kLearningRate, DType::kF64, {1}},
                                   std::as_bytes(std::span(&learning_rate, 1)));
}

void TrainingStep::backward_and_update(Tape& tape) {
  {
    const TraceRange range("backward");
    tape.backward();
  }
  const TraceRange range("update");
  Backend& backend = model_->backend();
  const ParameterStore& store = model_->trained();
  backend.adam_prepare(adam_, store.gradients(), total(), state());
  backend.adam_step(adam_, state(), store.gradients(), store.values(), store.first_moments(), store.second_moments());
}

void TrainingStep::run(const StepInputs& inputs, double learning_rate) {
  const TraceRange range("training step");
  set_learning_rate(learning_rate);
  const auto address = [](const Variable& variable) { return reinterpret_cast<std::uintptr_t>(variable->value.data); };
  const auto images = static_cast<std::uintptr_t>(inputs.mask->value.shape[0]);
  const auto side = static_cast<std::uintptr_t>(inputs.mask->value.shape[1]);
  replay_.run({images, side, address(inputs.images), address(inputs.mask), address(inputs.labels)}, [&] {
    Tape step_tape = tape(true);
    static_cast<void>(forward(step_tape, inputs));
    backward_and_update(step_tape);
  });
}

void TrainingStep::undo_statistics() {
  const Tensor statistics = model_->trained().statistics();
  model_->backend().copy({statistics_.data(), DType::kF32, statistics.shape}, statistics);
}

StepReport TrainingStep::report() const {
  Backend& backend = model_->backend();
  StepReport out;
  out.terms = fetch<std::array<float, kLossTerms>>(backend, terms());
  out.total = fetch<float>(backend, total());
  const auto counters = optimizer_state();
  out.gradient_norm = counters[kGradientNorm];
  out.steps_taken = static_cast<std::int64_t>(counters[kStepsTaken]);
  out.skipped_in_a_row = static_cast<std::int64_t>(counters[kSkippedInARow]);
  out.skipped_total = static_cast<std::int64_t>(counters[kSkippedTotal]);
  return out;
}

std::array<double, kOptimizerStateSize> TrainingStep::optimizer_state() const {
  return fetch<std::array<double, kOptimizerStateSize>>(model_->backend(), state());
}

void TrainingStep::set_optimizer_state(const std::array<double, kOptimizerStateSize>& values) {
  model_->backend().copy_from_host(state(), std::as_bytes(std::span(&values, 1)));
}

}  // namespace mdd
