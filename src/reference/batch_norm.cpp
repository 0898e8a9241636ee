#include "reference/batch_norm.h"

#include <algorithm>

namespace mdd::reference {

BatchNormStatistics batch_norm_statistics(const BatchNormParams& params, const Array& x, const Array& gamma,
                                          const Array& beta, const Array& running_mean, const Array& running_variance) {
  const Index channels = x.shape.back();
  const Index positions = positions_of(x);
  const auto count = static_cast<double>(positions);
  const double momentum = params.momentum;
  const Array empty(Shape{channels});
  BatchNormStatistics out{empty, empty, empty, empty, empty, empty};
  for (Index c = 0; c < channels; ++c) {
    double sum = 0.0;
    for (Index m = 0; m < positions; ++m) sum += x[m * channels + c];
    const double mean = sum / count;
    double squares = 0.0;
    for (Index m = 0; m < positions; ++m) squares += (x[m * channels + c] - mean) * (x[m * channels + c] - mean);
    const double variance = squares / count;
    out.mean[c] = mean;
    out.inverse_deviation[c] = 1.0 / std::sqrt(variance + static_cast<double>(params.epsilon));
    out.scale[c] = gamma[c] * out.inverse_deviation[c];
    out.shift[c] = beta[c] - mean * out.scale[c];
    out.running_mean[c] = (1.0 - momentum) * running_mean[c] + momentum * mean;
    out.running_variance[c] = (1.0 - momentum) * running_variance[c] + momentum * squares / (count - 1.0);
  }
  return out;
}

Array batch_norm_apply(const Array& x, const Array& scale, const Array& shift, const Array* residual, bool relu) {
  const Index channels = x.shape.back();
  Array y(x.shape);
  for (Index i = 0; i < x.size(); ++i) {
    y[i] = x[i] * scale[i % channels] + shift[i % channels];
    if (residual != nullptr) y[i] += (*residual)[i];
    if (relu) y[i] = std::max(y[i], 0.0);
  }
  return y;
}

Array batch_norm(const BatchNormParams& params, const Array& x, const Array& gamma, const Array& beta,
                 const Array* residual, bool relu) {
  const Array unused(gamma.shape);
  const BatchNormStatistics s = batch_norm_statistics(params, x, gamma, beta, unused, unused);
  return batch_norm_apply(x, s.scale, s.shift, residual, relu);
}

}  // namespace mdd::reference
