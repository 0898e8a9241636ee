// One convolution, as the operations of the backend describe it to cuDNN.
#pragma once
#include <string>

#include "ops/params.h"

namespace mdd::cuda {

/// Which of the three maps of a plain convolution is computed. A transposed convolution is the same three in another
/// order: its forward is kBackwardData, its backward-data kForward, its backward-weights kBackwardWeights with its
/// input as y and its output gradient as x. Its weights [in, R, R, out] are the plain convolution's filter as they lie.
enum class ConvolutionKind : std::uint8_t { kForward, kBackwardData, kBackwardWeights };

struct ConvolutionProblem {
  ConvolutionKind kind = ConvolutionKind::kForward;
  ConvolutionGeometry geometry{};
  Shape x{};                 ///< [N,H,W,C], the wide side
  Shape y{};                 ///< [N,P,Q,K], P = geometry.output(H)
  DType type = DType::kF32;  ///< of x, y and the filter w: f32, f16 or bf16
  bool bias = false;         ///< forward only: y = relu?(sum + bias + residual), rounded once
  bool residual = false;
  bool relu = false;

  [[nodiscard]] bool has_epilogue() const noexcept { return bias || residual || relu; }
  /// [K,R,R,C].
  [[nodiscard]] Shape filter() const { return {y[3], geometry.kernel, geometry.kernel, x[3]}; }
};

/// Throws Error(kRuntime) if the shapes do not fit each other, a type is not one of the three, or anything but a
/// forward convolution has an epilogue. `filter_type` is what the filter, or its gradient, is stored as.
void check_problem(const ConvolutionProblem& problem, DType filter_type);

/// "forward 3x3 stride 1 padding 1 x [16, 64, 64, 64] y [16, 64, 64, 64] bf16 filter bf16 bias relu": one line,
/// different for different problems.
[[nodiscard]] std::string text(const ConvolutionProblem& problem, DType filter_type);

}  // namespace mdd::cuda
