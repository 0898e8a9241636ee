#include "cpu/convolution.h"

#include <optional>
#include <string_view>
#include <type_traits>

#include "cpu/bf16_values.h"
#include "cpu/implementation.h"
#include "cpu/parallel.h"
#include "ops/convolution_checks.h"

namespace mdd::cpu {
namespace {

using dnnl::algorithm;
using dnnl::memory;
using dnnl::prop_kind;
using Tag = memory::format_tag;

constexpr auto kFloat = memory::data_type::f32;

memory::desc feature_desc(const Shape& s, memory::data_type type) {
  return {{s[0], s[3], s[1], s[2]}, type, Tag::nhwc};
}

/// Which of the three are factors of the products and so of the type `factors`; the result is of the maps' type.
struct OperandTypes {
  memory::data_type factors, source, destination, weights;
  OperandTypes(const ConvolutionProblem& p, memory::data_type type)
      : factors(type),
        source(p.backward_data() ? kFloat : type),
        destination(p.backward_data() || p.backward_weights() || p.features == DType::kBF16 ? type : kFloat),
        weights(p.backward_weights() ? kFloat : type) {}
};

/// Everything that the builders below share.
struct Operands {
  memory::desc source, destination, bias, any_weights, plain_weights;
  memory::dims stride, padding;
  dnnl::primitive_attr attributes;

  Operands(const ConvolutionProblem& p, const OperandTypes& types)
      : source(feature_desc(p.input, types.source)),
        destination(feature_desc(p.output, types.destination)),
        stride{p.geometry.stride, p.geometry.stride},
        padding{p.geometry.padding, p.geometry.padding},
        attributes(OneDnn::attributes()) {
    const memory::dims dims{p.output[3], p.input[3], p.geometry.kernel, p.geometry.kernel};
    any_weights = {dims, types.weights, Tag::any};
    plain_weights = {dims, kFloat, p.transposed() ? Tag::ihwo : Tag::ohwi};
    if (p.bias) bias = {{p.output[3]}, kFloat, Tag::x};
    dnnl::post_ops post_ops;
    if (p.residual) post_ops.append_binary(algorithm::binary_add, destination);
    if (p.relu) post_ops.append_eltwise(1.0f, algorithm::eltwise_relu, 0.0f, 0.0f);
    if (p.residual || p.relu) attributes.set_post_ops(post_ops);
  }
};

template <class Primitive, class Descriptor>
std::optional<ConvolutionPrimitive> finish(const Operands& o, const Descriptor& descriptor) {
  const bool in_f32 = o.any_weights.data_type() == kFloat && o.source.data_type() == kFloat;
  if (!in_f32 && std::string_view(descriptor.impl_info_str()).starts_with("ref")) return std::nullopt;
  ConvolutionPrimitive out;
  out.source = o.source;
  out.destination = o.destination;
  out.bias = o.bias;
  out.plain_weights = o.plain_weights;
  if constexpr (requires { descriptor.diff_weights_desc(); }) out.weights = descriptor.diff_weights_desc();
  if (out.weights.is_zero()) out.weights = descriptor.weights_desc();
  out.scratchpad = descriptor.scratchpad_desc();
  out.primitive = Primitive(descriptor);
  return out;
}

template <class Forward>
typename Forward::primitive_desc forward_descriptor(const Operands& o, algorithm method, const dnnl::engine& engine) {
  if (!o.bias.is_zero()) {
    const typename Forward::desc desc(prop_kind::forward_inference, method, o.source, o.any_weights, o.bias,
                                      o.destination, o.stride, o.padding, o.padding);
    return {desc, o.attributes, engine};
  }
  const typename Forward::desc desc(prop_kind::forward_training, method, o.source, o.any_weights, o.destination,
                                    o.stride, o.padding, o.padding);
  return {desc, o.attributes, engine};
}

/// Convolution and deconvolution have the same three descriptors under different names. Nothing for types that oneDNN
/// has no kernel for on this processor, or only its slow reference.
template <class Forward, class BackwardData, class BackwardWeights>
std::optional<ConvolutionPrimitive> build_as(const ConvolutionProblem& p, algorithm method, const OperandTypes& types,
                                             const dnnl::engine& engine) {
  try {
    const Operands o(p, types);
    if (p.backward_data() || p.backward_weights()) {
      // oneDNN wants to see the forward pass that this is the gradient of.
      ConvolutionProblem forward = p;
      forward.kind = p.transposed() ? ConvolutionKind::kTransposedForward : ConvolutionKind::kForward;
      const auto hint = forward_descriptor<Forward>(Operands(forward, {forward, types.factors}), method, engine);
      const auto build_backward = [&]<class Backward>(std::type_identity<Backward>) {
        const typename Backward::desc desc(method, o.source, o.any_weights, o.destination, o.stride, o.padding,
                                           o.padding);
        return finish<Backward>(o, typename Backward::primitive_desc(desc, o.attributes, engine, hint));
      };
      return p.backward_data() ? build_backward(std::type_identity<BackwardData>())
                               : build_backward(std::type_identity<BackwardWeights>());
    }
    return finish<Forward>(o, forward_descriptor<Forward>(o, method, engine));
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_unimplemented && types.factors != kFloat) return std::nullopt;
    throw;
  }
}

std::optional<ConvolutionPrimitive> build_with(const ConvolutionProblem& p, memory::data_type factors,
                                               const dnnl::engine& engine) {
  const OperandTypes types(p, factors);
  return p.transposed()
             ? build_as<dnnl::deconvolution_forward, dnnl::deconvolution_backward_data,
                        dnnl::deconvolution_backward_weights>(p, algorithm::deconvolution_direct, types, engine)
             : build_as<dnnl::convolution_forward, dnnl::convolution_backward_data, dnnl::convolution_backward_weights>(
                   p, algorithm::convolution_direct, types, engine);
}

/// to += addend.
void add_to(const Tensor& to, const Tensor& addend) {
  float* const sums = to.f32();
  const float* const values = addend.f32();
  parallel_blocks(to.elements(), kStreamBlock, [=](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) sums[i] += values[i];
  });
}

void require_one_type(const Tensor& x, const Tensor& residual, const Tensor& y) {
  require(x.dtype == y.dtype && (!residual.defined() || residual.dtype == y.dtype), "maps of one type");
  require(y.dtype == DType::kF32 || y.dtype == DType::kBF16, "maps of f32 or bf16");
}

}  // namespace

std::optional<ConvolutionPrimitive> Convolutions::build(const ConvolutionProblem& problem) const {
  // oneDNN 2.6 adds the residual wrongly after its bf16 1x1 kernel where the last block of input channels is not full.
  const bool sound = !problem.residual || problem.input[3] % 32 == 0;
  std::optional<ConvolutionPrimitive> rounded;
  if (products_ == Precision::kBf16 && sound) {
    rounded = build_with(problem, memory::data_type::bf16, onednn_->engine());
  }
  if (rounded || problem.features == DType::kBF16) return rounded;
  return build_with(problem, kFloat, onednn_->engine()).value();
}

const std::optional<ConvolutionPrimitive>& Convolutions::primitive(const ConvolutionProblem& p) {
  const Key key{static_cast<std::int64_t>(p.kind),
                p.geometry.kernel,
                p.geometry.stride,
                p.geometry.padding,
                p.input[0],
                p.input[1],
                p.input[2],
                p.input[3],
                p.output[1],
                p.output[2],
                p.output[3],
                p.bias,
                p.residual,
                p.relu,
                p.features == DType::kBF16};
  const auto found = primitives_.find(key);
  if (found != primitives_.end()) return found->second;
  return primitives_.emplace(key, build(p)).first->second;
}

memory Convolutions::factor(const memory::desc& desc, const Tensor& tensor, std::vector<std::byte>& buffer) {
  if (desc.data_type() == kFloat || tensor.dtype == DType::kBF16) return onednn_->wrap(desc, tensor);
  memory rounded = onednn_->in_buffer(desc, buffer);
  onednn_->reorder(onednn_->wrap({desc.dims(), kFloat, Tag::nhwc}, tensor), rounded);
  return rounded;
}

memory Convolutions::packed_weights(const ConvolutionPrimitive& primitive, const Filter& w) {
  memory plain = onednn_->wrap(primitive.plain_weights, w.weights);
  if (primitive.weights == primitive.plain_weights) return plain;
  if (w.frozen) {
    const auto found = packed_.find({w.weights.data, &primitive});
    if (found != packed_.end()) return found->second;
  }
  memory packed(primitive.weights, onednn_->engine());
  onednn_->reorder(plain, packed);
  if (w.frozen) packed_.emplace(std::make_pair(w.weights.data, &primitive), packed);
  return packed;
}

void Convolutions::forward(const ConvolutionProblem& problem, const Tensor& x, const Filter& w,
                           const Epilogue& epilogue, const Tensor& y) {
  if (own_.takes(problem)) return own_.forward(problem, x, w, epilogue, y);
  const std::optional<ConvolutionPrimitive>& found = primitive(problem);
  if (!found) return forward_in_f32(problem, x, w, epilogue, y);
  const ConvolutionPrimitive& p = *found;
  std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, factor(p.source, x, rounded_source_)},
                                            {DNNL_ARG_WEIGHTS, packed_weights(p, w)},
                                            {DNNL_ARG_DST, onednn_->wrap(p.destination, y)},
                                            {DNNL_ARG_SCRATCHPAD, onednn_->scratchpad(p.scratchpad)}};
  if (problem.bias) arguments.emplace(DNNL_ARG_BIAS, onednn_->wrap(p.bias, epilogue.bias));
  if (problem.residual) {
    arguments.emplace(DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1,
                      onednn_->wrap(p.destination, epilogue.residual));
  }
  p.primitive.execute(onednn_->stream(), arguments);
}

void Convolutions::forward_in_f32(ConvolutionProblem problem, const Tensor& x, const Filter& w, Epilogue epilogue,
                                  const Tensor& y) {
  const auto wide = [](const Tensor& map, FloatBuffer& buffer) {
    const Tensor out{buffer.reserve(map.elements()), DType::kF32, map.shape};
    widen(map, out.f32());
    return out;
  };
  problem.features = DType::kF32;
  if (epilogue.residual.defined()) epilogue.residual = wide(epilogue.residual, addend_);
  const Tensor result{wide_result_.reserve(y.elements()), DType::kF32, y.shape};
  forward(problem, wide(x, wide_source_), w, epilogue, result);
  round(result.f32(), y);
}

void Convolutions::backward_data(const ConvolutionProblem& problem, const Tensor& dy, const Tensor& w, const Tensor& dx,
                                 WriteMode mode) {
  if (own_.takes(problem)) return own_.backward_data(problem, dy, w, dx, mode);
  const ConvolutionPrimitive& p = primitive(problem).value();
  const bool accumulate = mode == WriteMode::kAccumulate;
  const Tensor result = accumulate ? Tensor{addend_.reserve(dx.elements()), DType::kF32, dx.shape} : dx;
  p.primitive.execute(onednn_->stream(), {{DNNL_ARG_DIFF_DST, factor(p.destination, dy, rounded_destination_)},
                                          {DNNL_ARG_WEIGHTS, packed_weights(p, {w, false})},
                                          {DNNL_ARG_DIFF_SRC, onednn_->wrap(p.source, result)},
                                          {DNNL_ARG_SCRATCHPAD, onednn_->scratchpad(p.scratchpad)}});
  if (accumulate) add_to(dx, result);
}

void Convolutions::backward_weights(const ConvolutionProblem& problem, const Tensor& x, const Tensor& dy,
                                    const Tensor& dw) {
  if (own_.takes(problem)) return own_.backward_weights(problem, x, dy, dw);
  const ConvolutionPrimitive& p = primitive(problem).value();
  const memory plain = onednn_->wrap(p.plain_weights, dw);
  const bool direct = p.weights == p.plain_weights;
  const memory packed = direct ? plain : memory(p.weights, onednn_->engine());
  p.primitive.execute(onednn_->stream(), {{DNNL_ARG_SRC, factor(p.source, x, rounded_source_)},
                                          {DNNL_ARG_DIFF_DST, factor(p.destination, dy, rounded_destination_)},
                                          {DNNL_ARG_DIFF_WEIGHTS, packed},
                                          {DNNL_ARG_SCRATCHPAD, onednn_->scratchpad(p.scratchpad)}});
  if (!direct) onednn_->reorder(packed, plain);
}

// ---- the contract's methods ---------------------------------------------------------------------------------------

void CpuBackend::convolution_forward(const ConvolutionGeometry& geometry, const Tensor& x, const Filter& w,
                                     const Epilogue& epilogue, const Tensor& y) {
  check_convolution(geometry, x.shape, y.shape, w.weights.shape);
  check_epilogue(epilogue, y.shape);
  require_one_type(x, epilogue.residual, y);
  translate_errors("convolution_forward", [&] {
    convolutions_.forward({ConvolutionKind::kForward, geometry, x.shape, y.shape, epilogue.bias.defined(),
                           epilogue.residual.defined(), epilogue.relu, x.dtype},
                          x, w, epilogue, y);
  });
}

void CpuBackend::convolution_backward_data(const ConvolutionGeometry& geometry, const Tensor& dy, const Tensor& w,
                                           const Tensor& dx, WriteMode mode) {
  check_convolution(geometry, dx.shape, dy.shape, w.shape);
  translate_errors("convolution_backward_data", [&] {
    convolutions_.backward_data({ConvolutionKind::kBackwardData, geometry, dx.shape, dy.shape}, dy, w, dx, mode);
  });
}

void CpuBackend::convolution_backward_weights(const ConvolutionGeometry& geometry, const Tensor& x, const Tensor& dy,
                                              const Tensor& dw) {
  check_convolution(geometry, x.shape, dy.shape, dw.shape);
  translate_errors("convolution_backward_weights", [&] {
    convolutions_.backward_weights({ConvolutionKind::kBackwardWeights, geometry, x.shape, dy.shape}, x, dy, dw);
  });
}

void CpuBackend::transposed_convolution_forward(const ConvolutionGeometry& geometry, const Tensor& x, const Filter& w,
                                                const Epilogue& epilogue, const Tensor& y) {
  check_convolution(geometry, y.shape, x.shape, w.weights.shape);
  check_epilogue(epilogue, y.shape);
  require_one_type(x, epilogue.residual, y);
  translate_errors("transposed_convolution_forward", [&] {
    convolutions_.forward({ConvolutionKind::kTransposedForward, geometry, x.shape, y.shape, epilogue.bias.defined(),
                           epilogue.residual.defined(), epilogue.relu, x.dtype},
                          x, w, epilogue, y);
  });
}

void CpuBackend::transposed_convolution_backward_data(const ConvolutionGeometry& geometry, const Tensor& dy,
                                                      const Tensor& w, const Tensor& dx, WriteMode mode) {
  check_convolution(geometry, dy.shape, dx.shape, w.shape);
  translate_errors("transposed_convolution_backward_data", [&] {
    convolutions_.backward_data({ConvolutionKind::kTransposedBackwardData, geometry, dx.shape, dy.shape}, dy, w, dx,
                                mode);
  });
}

void CpuBackend::transposed_convolution_backward_weights(const ConvolutionGeometry& geometry, const Tensor& x,
                                                         const Tensor& dy, const Tensor& dw) {
  check_convolution(geometry, dy.shape, x.shape, dw.shape);
  translate_errors("transposed_convolution_backward_weights", [&] {
    convolutions_.backward_weights({ConvolutionKind::kTransposedBackwardWeights, geometry, x.shape, dy.shape}, x, dy,
                                   dw);
  });
}

void CpuBackend::forget_packed_filters() { convolutions_.forget_packed(); }

}  // namespace mdd::cpu
