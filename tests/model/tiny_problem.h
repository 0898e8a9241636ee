// A small model with a fixed batch: images, mask and labels, features of the frozen encoder, and the objective.
#pragma once
#include <doctest/doctest.h>
#include <memory>
#include <span>
#include <vector>

#include "cpu/cpu_backend.h"
#include "model/losses.h"

namespace mdd::test {

inline std::vector<float> fetch(Backend& backend, const Tensor& tensor) {
  std::vector<float> values(static_cast<std::size_t>(tensor.elements()));
  backend.copy_to_host(std::as_writable_bytes(std::span(values)), tensor);
  return values;
}

/// Values on the device for as long as the object lives.
class OnDevice {
 public:
  template <class T>
  OnDevice(Backend& backend, DType dtype, const Shape& shape, const std::vector<T>& values)
      : buffer_(backend, values.size() * sizeof(T)), tensor_{buffer_.data(), dtype, shape} {
    backend.copy_from_host(tensor_, std::as_bytes(std::span(values)));
  }
  [[nodiscard]] const Tensor& tensor() const { return tensor_; }
  [[nodiscard]] Variable variable() const { return Tape::constant(tensor_); }

 private:
  Buffer buffer_;
  Tensor tensor_;
};

inline std::vector<float> random_floats(std::int64_t count, std::uint32_t item, float low, float high) {
  RandomStream stream(5, 0, item, Purpose::kTest);
  std::vector<float> out(static_cast<std::size_t>(count));
  for (float& value : out) value = stream.uniform(low, high);
  return out;
}

inline OnDevice random_images(Backend& backend, std::int64_t count, std::int64_t side, std::uint32_t item) {
  return {backend, DType::kF32, {count, side, side, 3}, random_floats(count * side * side * 3, item, -2.0f, 2.0f)};
}

/// A square of anomaly in each image, another place each time.
inline OnDevice square_masks(Backend& backend, std::int64_t count, std::int64_t side) {
  std::vector<std::uint8_t> mask(static_cast<std::size_t>(count * side * side));
  for (std::int64_t n = 0; n < count; ++n) {
    for (std::int64_t y = 0; y < side / 3; ++y) {
      for (std::int64_t x = 0; x < side / 3; ++x) {
        mask[static_cast<std::size_t>((n * side + y + 7 * n + 5) * side + x + 11)] = 1;
      }
    }
  }
  return {backend, DType::kU8, {count, side, side}, mask};
}

inline OnDevice labels_of(Backend& backend, std::int64_t count, std::int64_t classes) {
  std::vector<std::int32_t> labels;
  for (std::int64_t n = 0; n < count; ++n) labels.push_back(static_cast<std::int32_t>(n % classes));
  return {backend, DType::kI32, {count}, labels};
}

class TinyProblem {
 public:
  explicit TinyProblem(const ModelOptions& options, const LossOptions& losses = {}, std::int64_t batch = 2,
                       std::int64_t side = 64)
      : model(*backend, options, true),
        losses_(losses),
        normal_(random_images(*backend, batch, side, 1)),
        anomalous_(random_images(*backend, batch, side, 2)),
        mask_(square_masks(*backend, batch, side)),
        labels_(labels_of(*backend, batch, options.classes)),
        scalars_(*backend, DType::kF32, {kLossTerms + 1}, std::vector<float>(kLossTerms + 1)) {
    model.initialise(3);
    Tape tape(*backend, arena, false);
    model.encoder().calibrate(tape, anomalous_.variable());
    teacher_ = model.encoder().forward(tape, anomalous_.variable());
    targets_ = {model.encoder().forward(tape, normal_.variable()), mask_.variable(), labels_.variable()};
  }

  /// Trained layers and losses in training mode, recorded on `tape`.
  ModelOutput forward(Tape& tape) {
    ModelOutput output = model.forward(tape, teacher_, losses_.needs_identity());
    record_losses(tape, losses_, output, targets_, terms(), total());
    return output;
  }
  /// The objective, summed up in double precision from its terms.
  double objective() {
    Tape tape(*backend, arena, true);
    static_cast<void>(forward(tape));
    const std::vector<float> t = fetch(*backend, terms());
    const auto term = [&](float weight, LossIndex i) {
      return static_cast<double>(weight) * static_cast<double>(t[i]);
    };
    return term(losses_.restoration, kRestorationLoss) + term(losses_.identity, kIdentityLoss) +
           term(losses_.discrepancy, kDiscrepancyLoss) + term(losses_.classification, kClassLoss);
  }
  /// Fills the flat gradient buffer; returns the terms.
  std::vector<float> differentiate() {
    Tape tape(*backend, arena, true);
    static_cast<void>(forward(tape));
    tape.backward();
    return fetch(*backend, terms());
  }
  [[nodiscard]] const Features& teacher() const { return teacher_; }
  [[nodiscard]] const LossTargets& targets() const { return targets_; }
  [[nodiscard]] Tensor terms() const { return scalars_.tensor().rows(0, kLossTerms); }
  [[nodiscard]] Tensor total() const { return scalars_.tensor().rows(kLossTerms, 1); }
  [[nodiscard]] const OnDevice& images() const { return anomalous_; }

  std::unique_ptr<Backend> backend = make_cpu_backend();
  StepArena arena{*backend};
  MddNet model;

 private:
  LossOptions losses_;
  OnDevice normal_, anomalous_, mask_, labels_, scalars_;
  Features teacher_;
  LossTargets targets_;
};

/// The smallest models that have everything.
inline ModelOptions tiny(const std::string& encoder = "tiny_basic") {
  ModelOptions options;
  options.encoder = encoder;
  options.classes = 3;
  options.slots = 4;
  return options;
}

}  // namespace mdd::test
