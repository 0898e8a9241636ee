#include "nn/convolution_unit.h"

#include "nn/folding.h"

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
  if (store.form() == StoreForm::kFolded) {
    bias_ = &store.declare(convolution + ".bias", {shape.out}, Layout::kPlain, Initial::kZero);
    store.declare_folded({weight_, bias_, norm});
    return;
  }
  gamma_ = &store.declare(norm + ".weight", {shape.out}, Layout::kPlain, Initial::kOne);
  beta_ = &store.declare(norm + ".bias", {shape.out}, Layout::kPlain, Initial::kZero);
  running_mean_ = &store.declare(norm + ".running_mean", {shape.out}, Layout::kPlain, Initial::kZero, false);
  running_variance_ = &store.declare(norm + ".running_var", {shape.out}, Layout::kPlain, Initial::kOne, false);
}

Variable ConvolutionUnit::forward(Tape& tape, const Variable& x, const Variable& residual, bool relu) const {
  if (!tape.training()) return forward_folded(tape, x, residual, relu);
  require(is_plain(), "a folded layer is not trained");
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
  require(!is_plain() || folded_.data() != nullptr, "a folded layer was folded first");
  const Tape::Layer layer(tape, weight_->name.c_str());
  Tensor weights, bias;
  if (is_plain()) {
    weights = {folded_.data(), DType::kF32, weight_->shape};
    bias = {weights.f32() + weights.elements(), DType::kF32, {shape_.out}};
  } else {
    weights = weight_->view.value;
    bias = bias_->view.value;
  }
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
  if (!is_plain()) return;
  Backend& backend = store_->backend();
  const auto fetch = [&](const Parameter& parameter) {
    std::vector<float> values(static_cast<std::size_t>(parameter.shape.elements()));
    backend.copy_to_host(std::as_writable_bytes(std::span(values)), parameter.view.value);
    return values;
  };
  std::vector<float> weights = fetch(*weight_);
  const std::vector<float> bias = fold_batch_norm(
      weight_->layout, weights, {fetch(*gamma_), fetch(*beta_), fetch(*running_mean_), fetch(*running_variance_)});
  weights.insert(weights.end(), bias.begin(), bias.end());
  // Folding again keeps the address: what was recorded with it stays right.
  const std::size_t bytes = weights.size() * sizeof(float);
  if (folded_.bytes() != bytes) folded_ = Buffer(backend, bytes);
  backend.copy_from_host({folded_.data(), DType::kF32, {static_cast<std::int64_t>(weights.size())}},
                         std::as_bytes(std::span(weights)));
}

Variable ConvolutionUnit::calibrate(Tape& tape, const Variable& x, const Variable& residual, bool relu) {
  require(is_plain() && !shape_.transposed, "only an encoder in plain form is calibrated");
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
