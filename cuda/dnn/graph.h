// The operation graphs of the network's convolutions. Building one needs neither a device nor a library handle: it only
// says what is to be computed, so every graph of the model can be checked on a machine without a GPU.
#pragma once
#include <deque>

#include "cuda/dnn/descriptor.h"
#include "cuda/dnn/problem.h"

namespace mdd::cuda {

/// Names of a graph's operands, by which device addresses are bound to them: x and y (or their gradients), the filter w
/// (or its gradient), and those of the epilogue.
enum TensorId : std::int64_t { kTensorX = 1, kTensorW, kTensorY, kTensorBias, kTensorResidual };

/// Operands start on multiples of this many bytes; engines may rely on it for wide accesses.
inline constexpr std::int64_t kOperandAlignment = 16;

struct OperationGraph {
  Descriptor graph;
  std::deque<Descriptor> parts;  ///< what the graph refers to
};

/// kForward: y = relu?(x * w + residual + bias), kBackwardData: x = the transpose applied to y, kBackwardWeights: w =
/// correlation of x with y. f32 arithmetic; intermediate values exist only inside the engine, in f32. Throws
/// Error(kRuntime) as check_problem does.
[[nodiscard]] OperationGraph build_graph(const ConvolutionProblem& problem, DType filter_type);

/// How many engines know a graph of this form. Says nothing about whether one supports the shape or the device.
[[nodiscard]] std::int64_t engine_count(const OperationGraph& graph);

}  // namespace mdd::cuda
