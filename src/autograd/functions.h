// Differentiable operations on features: each calls the backend forward and records its backward step on the tape.
// Shapes, formulas and error conditions are those of ops/backend.h.
#pragma once
#include <span>

#include "autograd/tape.h"

namespace mdd {

/// x [N,H,W,C] -> [N,P,Q,K] with weights [K,R,R,C].
[[nodiscard]] Variable convolution(Tape& tape, const ConvolutionGeometry& geometry, const Variable& x,
                                   const ParameterView& weights);
/// x [N,P,Q,C] -> [N,H,W,K] with weights [C,R,R,K]; H = (P - 1) * stride - 2 * padding + R.
[[nodiscard]] Variable transposed_convolution(Tape& tape, const ConvolutionGeometry& geometry, const Variable& x,
                                              const ParameterView& weights);

/// A batch norm's learned vectors and running statistics, f32 [C] each.
struct BatchNormParameters {
  ParameterView gamma, beta;
  Tensor running_mean, running_variance;
};
/// relu?(batch_norm(x) + residual?) with the statistics of this batch; updates the running ones.
[[nodiscard]] Variable batch_norm(Tape& tape, const BatchNormParams& params, const Variable& x,
                                  const BatchNormParameters& parameters, const Variable& residual, bool relu);

/// x [N,H,W,C] -> [N,P,Q,C], the maximum over each window.
[[nodiscard]] Variable max_pool(Tape& tape, const PoolParams& params, const Variable& x);

/// Side by side along the channels.
[[nodiscard]] Variable concatenate(Tape& tape, std::span<const Variable> parts);
[[nodiscard]] Variable add(Tape& tape, const Variable& a, const Variable& b);

struct MemoryReading {
  Variable read;       ///< features, shaped like the query
  Variable mass;       ///< f32 [N, classes]
  Variable attention;  ///< f32 [positions, classes * slots]
};
[[nodiscard]] MemoryReading memory_read(Tape& tape, const MemoryParams& params, const Variable& z,
                                        const ParameterView& prototypes);

}  // namespace mdd
