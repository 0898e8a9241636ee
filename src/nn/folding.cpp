#include "nn/folding.h"

#include <cmath>

namespace mdd {

std::vector<float> fold_batch_norm(Layout layout, std::span<float> weights, const NormValues& norm) {
  const std::size_t channels = norm.gamma.size();
  std::vector<double> gain(channels);
  std::vector<float> bias(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    gain[c] = static_cast<double>(norm.gamma[c]) /
              std::sqrt(static_cast<double>(norm.variance[c]) + static_cast<double>(BatchNormParams{}.epsilon));
    bias[c] = static_cast<float>(static_cast<double>(norm.beta[c]) - static_cast<double>(norm.mean[c]) * gain[c]);
  }
  // The output channel is the first axis of a convolution's weights and the last of a transposed one's.
  const std::size_t per_output = weights.size() / channels;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::size_t c = layout == Layout::kTransposedConvolution ? i % channels : i / per_output;
    weights[i] = static_cast<float>(static_cast<double>(weights[i]) * gain[c]);
  }
  return bias;
}

}  // namespace mdd
