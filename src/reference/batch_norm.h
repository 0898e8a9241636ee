// Batch norm in training mode (spec S9), over x [.., C].
#pragma once
#include "ops/params.h"
#include "reference/array.h"

namespace mdd::reference {

/// What the statistics pass leaves behind, each [C]; see BatchNormState.
struct BatchNormStatistics {
  Array mean, inverse_deviation, scale, shift, running_mean, running_variance;
};

/// Biased variance for the batch, unbiased for the running one; `running_*` are the values before this batch.
[[nodiscard]] BatchNormStatistics batch_norm_statistics(const BatchNormParams& params, const Array& x,
                                                        const Array& gamma, const Array& beta,
                                                        const Array& running_mean, const Array& running_variance);
/// relu?(x * scale + shift + residual?); a null residual is none.
[[nodiscard]] Array batch_norm_apply(const Array& x, const Array& scale, const Array& shift, const Array* residual,
                                     bool relu);
/// Statistics and apply in one: the differentiable function.
[[nodiscard]] Array batch_norm(const BatchNormParams& params, const Array& x, const Array& gamma, const Array& beta,
                               const Array* residual, bool relu);

}  // namespace mdd::reference
