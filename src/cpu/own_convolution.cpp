#include "cpu/own_convolution.h"

namespace mdd::cpu {
namespace {

/// The wide side of a convolution ([N,H,W,C]) and the strided one.
const Shape& wide(const ConvolutionProblem& p) { return p.transposed() ? p.output : p.input; }
const Shape& narrow(const ConvolutionProblem& p) { return p.transposed() ? p.input : p.output; }

DirectConvolution::Problem direct_problem(const ConvolutionProblem& p) { return {p.geometry, wide(p), narrow(p)}; }

bool by_winograd(const ConvolutionProblem& p) {
  return !p.transposed() && winograd_pays(p.geometry, p.input, p.output[3]);
}

/// Does the operation lead from the wide side to the narrow one?
bool narrows(const ConvolutionProblem& p) { return p.transposed() == p.backward_data(); }

DirectEpilogue pointers(const Epilogue& epilogue) {
  return {epilogue.bias.defined() ? epilogue.bias.f32() : nullptr,
          epilogue.residual.defined() ? epilogue.residual.f32() : nullptr, epilogue.relu, false};
}

}  // namespace

bool OwnConvolutions::takes(const ConvolutionProblem& p) {
  if (by_winograd(p)) return true;
  const bool only_narrowing = wide(p)[3] % 16 != 0;  // a stem
  if (only_narrowing && (p.backward_weights() || !narrows(p))) return false;
  return direct_pays(p.geometry, wide(p), narrow(p)[3]);
}

template <class Pack>
const float* OwnConvolutions::packed(Packing packing, const Filter& w, const Pack& pack) {
  if (!w.frozen) return pack(filters_);
  const std::pair<const void*, Packing> key{w.weights.data, packing};
  const auto found = packed_.find(key);
  if (found != packed_.end()) return found->second.data();
  FloatBuffer filters;
  pack(filters);
  return packed_.emplace(key, std::move(filters)).first->second.data();
}

void OwnConvolutions::forward(const ConvolutionProblem& p, const Tensor& x, const Filter& w, const Epilogue& epilogue,
                              const Tensor& y) {
  const DirectEpilogue e = pointers(epilogue);
  const float* const weights = w.weights.f32();
  if (by_winograd(p)) {
    const WinogradShape shape{p.input[0], p.input[1], p.input[2], p.input[3], p.output[3]};
    const float* const filters =
        packed(Packing::kWinograd, w, [&](FloatBuffer& to) { return Winograd::prepare_forward(shape, weights, to); });
    return winograd_.forward(shape, x.f32(), filters, e.bias, e.residual, e.relu, y.f32());
  }
  const DirectConvolution::Problem problem = direct_problem(p);
  if (narrows(p)) {
    const float* const filters = packed(
        Packing::kDirect, w, [&](FloatBuffer& to) { return DirectConvolution::pack_narrowing(problem, weights, to); });
    direct_.narrow(problem, x.f32(), filters, e, y.f32());
  } else {
    const float* const filters = packed(
        Packing::kDirect, w, [&](FloatBuffer& to) { return DirectConvolution::pack_widening(problem, weights, to); });
    direct_.widen(problem, x.f32(), filters, e, y.f32());
  }
}

void OwnConvolutions::backward_data(const ConvolutionProblem& p, const Tensor& dy, const Tensor& w, const Tensor& dx,
                                    WriteMode mode) {
  const bool accumulate = mode == WriteMode::kAccumulate;
  if (by_winograd(p)) {
    const WinogradShape shape{p.input[0], p.input[1], p.input[2], p.output[3], p.input[3]};
    const float* const filters = Winograd::prepare_backward_data(shape, w.f32(), filters_);
    return winograd_.forward(shape, dy.f32(), filters, nullptr, accumulate ? dx.f32() : nullptr, false, dx.f32());
  }
  const DirectConvolution::Problem problem = direct_problem(p);
  const DirectEpilogue e{.accumulate = accumulate};
  if (narrows(p)) {
    direct_.narrow(problem, dy.f32(), DirectConvolution::pack_narrowing(problem, w.f32(), filters_), e, dx.f32());
  } else {
    direct_.widen(problem, dy.f32(), DirectConvolution::pack_widening(problem, w.f32(), filters_), e, dx.f32());
  }
}

void OwnConvolutions::backward_weights(const ConvolutionProblem& p, const Tensor& x, const Tensor& dy,
                                       const Tensor& dw) {
  if (by_winograd(p)) {
    const WinogradShape shape{p.input[0], p.input[1], p.input[2], p.input[3], p.output[3]};
    return winograd_.backward_weights(shape, x.f32(), dy.f32(), dw.f32());
  }
  const bool exchanged = p.transposed();
  direct_.weight_gradient(direct_problem(p), (exchanged ? dy : x).f32(), (exchanged ? x : dy).f32(), dw.f32());
}

}  // namespace mdd::cpu
