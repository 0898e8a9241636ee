// Batch norm with running statistics is one multiplication and one addition a channel: it goes into the weights and the
// bias of the convolution before it.
#pragma once
#include <span>
#include <vector>

#include "nn/parameter_store.h"

namespace mdd {

/// What a batch norm has learned, a value a channel.
struct NormValues {
  std::vector<float> gamma, beta, mean, variance;
};

/// w' = w * gamma / sqrt(variance + eps) in place, computed in f64, for weights in memory order; returns
/// b' = beta - mean * gamma / sqrt(variance + eps).
[[nodiscard]] std::vector<float> fold_batch_norm(Layout layout, std::span<float> weights, const NormValues& norm);

}  // namespace mdd
