// One of the six convolution operations with its extents.
#pragma once
#include "core/dtype.h"
#include "core/shape.h"
#include "ops/params.h"

namespace mdd::cpu {

enum class ConvolutionKind : std::int64_t {
  kForward,
  kBackwardData,
  kBackwardWeights,
  kTransposedForward,
  kTransposedBackwardData,
  kTransposedBackwardWeights
};

/// x is the wide side of a convolution ([N,H,W,C]), y the strided one ([N,P,Q,K]); a transposed convolution maps a
/// "y" shape to an "x" shape, with weights named by its own input and output.
struct ConvolutionProblem {
  ConvolutionKind kind;
  ConvolutionGeometry geometry;
  Shape input, output;  ///< of the forward operation
  bool bias = false, residual = false, relu = false;
  DType features = DType::kF32;  ///< of both maps: f32, or bf16 in forward passes
  [[nodiscard]] bool transposed() const { return kind >= ConvolutionKind::kTransposedForward; }
  [[nodiscard]] bool backward_data() const {
    return kind == ConvolutionKind::kBackwardData || kind == ConvolutionKind::kTransposedBackwardData;
  }
  [[nodiscard]] bool backward_weights() const {
    return kind == ConvolutionKind::kBackwardWeights || kind == ConvolutionKind::kTransposedBackwardWeights;
  }
};

}  // namespace mdd::cpu
