#include "nn/convolution_unit.h"

#include <cmath>

namespace mdd {
namespace {
constexpr BatchNormParams kNorm{};  // eps 1e-5, momentum 0.1: spec S9
}

ConvolutionUnit::ConvolutionUnit(ParameterStore& store, const std::string& convolution, const std::string& norm,
                                 const ConvolutionUnitShape& shape)
    : store_(&store), shape_(shape) {
  require(shape.in > 0 && shape.out > 0, "a convolution has channels");
  const std::int64_t k = shape.geometry.kernel;
  weight_ = shape.transposed ? &store.declare(convolution + ".weight", {shape.in, k, k, shape.out},
                                              Layout::kTransposedConvolution, Initial::kTransposedUniform)
                             : &store.declare(convolution + ".weight", {shape.out, k, k, shape.in},
                                              Layout::kConvolution, Initial::kKaimingFanOut);
  gamma_ = &store.declare(norm + ".weight", {shape.out}, Layout::kPlain, Initial::kOne);
  beta_ = &store.declare(norm + ".bias", {shape.out}, Layout::kPlain, Initial::kZero);
  running_mean_ = &store.declare(norm + ".running_mean", {shape.out}, Layout::kPlain, Initial::kZero, false);
  running_variance_ = &store.declare(norm + ".running_var", {shape.out}, Layout::kPlain, Initial::kOne, false);
}

Variable ConvolutionUnit::forward(Tape& tape, const Variable& x, const Variable& residual, bool relu) const {
  if (!tape.training()) return forward_folded(tape, x, residual, relu);
  const Tape::Layer layer(tape, weight_->name.c_str());
  const Variable sums = shape_.transposed ? transposed_convolution(tape, shape_.geometry, x, weight_->view)
                                          : convolution(tape, shape_.geometry, x, weight_->view);
  return batch_norm(tape, kNorm, sums,
                    {gamma_->view, beta_->view, running_mean_->view.value, running_variance_->view.value}, residual,
                    relu);
}

Shape ConvolutionUnit::output_shape(const Shape& in) const {
  const ConvolutionGeometry& g = shape_.geometry;
  const auto extent = [&](std::int64_t from) {
    return shape_.transposed ? (from - 1) * g.stride - 2 * g.padding + g.kernel : g.output(from);
  };
  return {in[0], extent(in[1]), extent(in[2]), shape_.out};
}

Variable ConvolutionUnit::forward_folded(Tape& tape, const Variable& x, const Variable& residual, bool relu) const {
  require(folded_.data() != nullptr, "a folded layer was folded first");
  const Tape::Layer layer(tape, weight_->name.c_str());
  const Tensor weights{folded_.data(), DType::kF32, weight_->shape};
  const Tensor bias{weights.f32() + weights.elements(), DType::kF32, {shape_.out}};
  const Epilogue epilogue{bias, residual ? residual->value : Tensor{}, relu};
  Variable y = tape.features(output_shape(x->value.shape), false);
  if (shape_.transposed) {
    tape.backend().transposed_convolution_forward(shape_.geometry, x->value, {weights, true}, epilogue, y->value);
  } else {
    tape.backend().convolution_forward(shape_.geometry, x->value, {weights, true}, epilogue, y->value);
  }
  return y;
}

void ConvolutionUnit::fold() {
  Backend& backend = store_->backend();
  const auto fetch = [&](const Parameter& parameter) {
    std::vector<float> values(static_cast<std::size_t>(parameter.shape.elements()));
    backend.copy_to_host(std::as_writable_bytes(std::span(values)), parameter.view.value);
    return values;
  };
  std::vector<float> weights = fetch(*weight_);
  const std::vector<float> gamma = fetch(*gamma_), beta = fetch(*beta_);
  const std::vector<float> mean = fetch(*running_mean_), variance = fetch(*running_variance_);
  const auto channels = static_cast<std::size_t>(shape_.out);
  std::vector<double> gain(channels);
  const std::size_t count = weights.size();
  weights.resize(count + channels);
  for (std::size_t c = 0; c < channels; ++c) {
    gain[c] = static_cast<double>(gamma[c]) /
              std::sqrt(static_cast<double>(variance[c]) + static_cast<double>(kNorm.epsilon));
    weights[count + c] = static_cast<float>(static_cast<double>(beta[c]) - static_cast<double>(mean[c]) * gain[c]);
  }
  // The output channel is the first axis of a convolution's weights and the last of a transposed one's.
  const std::size_t per_output = count / channels;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t c = shape_.transposed ? i % channels : i / per_output;
    weights[i] = static_cast<float>(static_cast<double>(weights[i]) * gain[c]);
  }
  // Folding again keeps the address: what was recorded with it stays right.
  const std::size_t bytes = weights.size() * sizeof(float);
  if (folded_.bytes() != bytes) folded_ = Buffer(backend, bytes);
  backend.copy_from_host({folded_.data(), DType::kF32, {static_cast<std::int64_t>(weights.size())}},
                         std::as_bytes(std::span(weights)));
}

Variable ConvolutionUnit::calibrate(Tape& tape, const Variable& x, const Variable& residual, bool relu) {
  require(!shape_.transposed, "only an encoder is calibrated");
  Backend& backend = tape.backend();
  const Variable sums = tape.features(output_shape(x->value.shape), false);
  backend.convolution_forward(shape_.geometry, x->value, {weight_->view.value, false}, {}, sums->value);
  const Variable vectors = tape.values({4, shape_.out});
  const auto vector = [&](std::int64_t i) { return vectors->value.rows(i, 1).reshaped({shape_.out}); };
  backend.batch_norm_statistics({kNorm.epsilon, 1.0f}, sums->value,
                                {gamma_->view.value, beta_->view.value, running_mean_->view.value,
                                 running_variance_->view.value, vector(0), vector(1), vector(2), vector(3)});
  fold();
  return forward_folded(tape, x, residual, relu);
}

}  // namespace mdd
