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

DirectEpilogue pointers(const Epilogue& epilogue) {
  return {epilogue.bias.defined() ? epilogue.bias.f32() : nullptr,
          epilogue.residual.defined() ? epilogue.residual.f32() : nullptr, epilogue.relu, false};
}

}  // namespace

bool OwnConvolutions::in_bf16(const ConvolutionProblem& p) const {
  return rounds_ && !p.backward_weights() && bf16_pays(direct_problem(p));
}

bool OwnConvolutions::takes(const ConvolutionProblem& p) const {
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

template <class Direct>
void OwnConvolutions::run_direct(Direct& direct, const ConvolutionProblem& p, const float* x, const Filter& w,
                                 const DirectEpilogue& epilogue, float* y) {
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

void OwnConvolutions::forward(const ConvolutionProblem& p, const Tensor& x, const Filter& w, const Epilogue& epilogue,
                              const Tensor& y) {
  const DirectEpilogue e = pointers(epilogue);
  if (by_winograd(p)) {
    const WinogradShape shape{p.input[0], p.input[1], p.input[2], p.input[3], p.output[3], p.geometry.stride};
    const WinogradEpilogue epilogue_of_outputs{e.bias, e.residual, e.relu};
    if (rounds_ && bf16_winograd_pays(shape)) {
      const float* const filters = packed(Packing::kBf16Winograd, w, [&](FloatBuffer& to) {
        FloatBuffer once;  // large, and not wanted again if the result is kept
        FloatBuffer& unrounded = w.frozen ? once : unrounded_;
        return Bf16Winograd::pack(shape, Winograd::prepare_forward(shape, w.weights.f32(), unrounded), to);
      });
      return bf16_winograd_.forward(shape, x.f32(), filters, epilogue_of_outputs, y.f32());
    }
    const Filter used{w.weights, w.frozen && shape.tiles() < kTilesWorthPreparing};
    const float* const filters = packed(Packing::kWinograd, used, [&](FloatBuffer& to) {
      return Winograd::prepare_forward(shape, w.weights.f32(), to);
    });
    return winograd_.forward(shape, x.f32(), filters, epilogue_of_outputs, y.f32());
  }
  if (in_bf16(p)) return run_direct(bf16_, p, x.f32(), w, e, y.f32());
  run_direct(direct_, p, x.f32(), w, e, y.f32());
}

void OwnConvolutions::backward_data(const ConvolutionProblem& p, const Tensor& dy, const Tensor& w, const Tensor& dx,
                                    WriteMode mode) {
  const bool accumulate = mode == WriteMode::kAccumulate;
  if (by_winograd(p)) {
    const WinogradShape shape{p.input[0], p.input[1], p.input[2], p.output[3], p.input[3]};
    const float* const filters = Winograd::prepare_backward_data(shape, w.f32(), filters_);
    return winograd_.forward(shape, dy.f32(), filters, {.residual = accumulate ? dx.f32() : nullptr}, dx.f32());
  }
  const DirectEpilogue e{.accumulate = accumulate};
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
