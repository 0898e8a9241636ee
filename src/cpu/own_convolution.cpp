#include "cpu/own_convolution.h"

#include <type_traits>

namespace mdd::cpu {
namespace {

/// The wide side of a convolution ([N,H,W,C]) and the strided one.
const Shape& wide(const ConvolutionProblem& p) { return p.transposed() ? p.output : p.input; }
const Shape& narrow(const ConvolutionProblem& p) { return p.transposed() ? p.input : p.output; }

DirectProblem direct_problem(const ConvolutionProblem& p) { return {p.geometry, wide(p), narrow(p)}; }

bool by_winograd(const ConvolutionProblem& p) {
  const bool covers = p.geometry.stride == 1 || p.kind == ConvolutionKind::kForward;
  return covers && !p.transposed() && winograd_pays(p.geometry, p.input, p.output[3]);
}

/// Prepared filters of 3x3 are four times as large as plain ones. Where so many tiles share them (a training step's
/// frozen encoder), preparing them again costs less than a hundredth of the layer and keeping them hundreds of MiB.
constexpr std::int64_t kTilesWorthPreparing = 256;

/// Does the operation lead from the wide side to the narrow one?
bool narrows(const ConvolutionProblem& p) { return p.transposed() == p.backward_data(); }

WinogradShape winograd_shape(const ConvolutionProblem& p) {
  return {p.input[0], p.input[1], p.input[2], p.input[3], p.output[3], p.geometry.stride};
}

template <class Value>
MapEpilogue<Value> pointers(const Epilogue& epilogue) {
  return {epilogue.bias.defined() ? epilogue.bias.f32() : nullptr,
          epilogue.residual.defined() ? epilogue.residual.as<Value>() : nullptr, epilogue.relu};
}

}  // namespace

bool OwnConvolutions::in_bf16(const ConvolutionProblem& p) const {
  return rounds_ && !p.backward_weights() && bf16_pays(direct_problem(p));
}

bool OwnConvolutions::takes(const ConvolutionProblem& p) const {
  // What Winograd leaves alone of such is summed directly.
  if (p.features == DType::kBF16) return in_bf16(p);
  if (by_winograd(p) || in_bf16(p)) return true;
  if (rounds_ && !p.backward_weights()) return false;  // oneDNN may have a kernel in bf16
  const bool only_narrowing = wide(p)[3] % 16 != 0;    // a stem
  if (only_narrowing && (p.backward_weights() || !narrows(p))) return false;
  return direct_pays(direct_problem(p), p.transposed());
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

template <class Direct, class Value>
void OwnConvolutions::run_direct(Direct& direct, const ConvolutionProblem& p, const Value* x, const Filter& w,
                                 const MapEpilogue<Value>& epilogue, Value* y) {
  constexpr Packing kPacking = std::is_same_v<Direct, Bf16Convolution> ? Packing::kBf16 : Packing::kDirect;
  const DirectProblem problem = direct_problem(p);
  const float* const weights = w.weights.f32();
  if (narrows(p)) {
    const float* const filters =
        packed(kPacking, w, [&](FloatBuffer& to) { return Direct::pack_narrowing(problem, weights, to); });
    direct.narrow(problem, x, filters, epilogue, y);
  } else {
    const float* const filters =
        packed(kPacking, w, [&](FloatBuffer& to) { return Direct::pack_widening(problem, weights, to); });
    direct.widen(problem, x, filters, epilogue, y);
  }
}

template <class Value>
void OwnConvolutions::bf16_winograd(const ConvolutionProblem& p, const Tensor& x, const Filter& w,
                                    const Epilogue& epilogue, const Tensor& y) {
  const WinogradShape shape = winograd_shape(p);
  const float* const filters = packed(Packing::kBf16Winograd, w, [&](FloatBuffer& to) {
    FloatBuffer once;  // large, and not wanted again if the result is kept
    FloatBuffer& unrounded = w.frozen ? once : unrounded_;
    return Bf16Winograd::pack(shape, Winograd::prepare_forward(shape, w.weights.f32(), unrounded), to);
  });
  bf16_winograd_.forward(shape, x.as<Value>(), filters, pointers<Value>(epilogue), y.as<Value>());
}

void OwnConvolutions::forward(const ConvolutionProblem& p, const Tensor& x, const Filter& w, const Epilogue& epilogue,
                              const Tensor& y) {
  const bool winograd = by_winograd(p);
  if (p.features == DType::kBF16) {
    if (winograd) return bf16_winograd<Bf16>(p, x, w, epilogue, y);
    return run_direct(bf16_, p, x.as<Bf16>(), w, pointers<Bf16>(epilogue), y.as<Bf16>());
  }
  const MapEpilogue<float> e = pointers<float>(epilogue);
  if (winograd) {
    const WinogradShape shape = winograd_shape(p);
    if (rounds_ && bf16_winograd_pays(shape)) return bf16_winograd<float>(p, x, w, epilogue, y);
    const Filter used{w.weights, w.frozen && shape.tiles() < kTilesWorthPreparing};
    const float* const filters = packed(Packing::kWinograd, used, [&](FloatBuffer& to) {
      return Winograd::prepare_forward(shape, w.weights.f32(), to);
    });
    return winograd_.forward(shape, x.f32(), filters, e, y.f32());
  }
  if (in_bf16(p)) return run_direct(bf16_, p, x.f32(), w, e, y.f32());
  run_direct(direct_, p, x.f32(), w, e, y.f32());
}

void OwnConvolutions::backward_data(const ConvolutionProblem& p, const Tensor& dy, const Tensor& w, const Tensor& dx,
                                    WriteMode mode) {
  const MapEpilogue<float> e{.residual = mode == WriteMode::kAccumulate ? dx.f32() : nullptr};
  if (by_winograd(p)) {
    const WinogradShape shape{p.input[0], p.input[1], p.input[2], p.output[3], p.input[3]};
    const float* const filters = Winograd::prepare_backward_data(shape, w.f32(), filters_);
    return winograd_.forward(shape, dy.f32(), filters, e, dx.f32());
  }
  if (in_bf16(p)) return run_direct(bf16_, p, dy.f32(), {w, false}, e, dx.f32());
  run_direct(direct_, p, dy.f32(), {w, false}, e, dx.f32());
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
