// Cases of batch norm: statistics, apply and backward.
#include <algorithm>

#include "reference/batch_norm.h"
#include "reference/checker.h"

namespace mdd::reference {
namespace {

/// The state on the device, outputs poisoned.
struct DeviceState {
  DeviceArray gamma, beta, running_mean, running_variance, mean, inverse_deviation, scale, shift;

  DeviceState(Checker& check, const Array& g, const Array& b, const Array& running_m, const Array& running_v)
      : gamma(check.device(g)),
        beta(check.device(b)),
        running_mean(check.device(running_m)),
        running_variance(check.device(running_v)),
        mean(check.poisoned(g.shape)),
        inverse_deviation(check.poisoned(g.shape)),
        scale(check.poisoned(g.shape)),
        shift(check.poisoned(g.shape)) {}

  [[nodiscard]] BatchNormState view() const {
    return {gamma, beta, running_mean, running_variance, mean, inverse_deviation, scale, shift};
  }
};

/// Puts the zero of the pre-activation of every channel into the widest gap between its values (in the middle half), so
/// that neither rounding nor a finite difference moves an element across ReLU's kink.
void keep_clear_of_zero(const Array& pre_activation, Array& beta) {
  const Index channels = beta.size();
  const Index positions = positions_of(pre_activation);
  for (Index c = 0; c < channels; ++c) {
    std::vector<double> sorted;
    for (Index m = 0; m < positions; ++m) sorted.push_back(pre_activation[m * channels + c]);
    std::sort(sorted.begin(), sorted.end());
    std::size_t best = sorted.size() / 4;
    for (std::size_t i = best; i + 1 < sorted.size() - sorted.size() / 4; ++i) {
      if (sorted[i + 1] - sorted[i] > sorted[best + 1] - sorted[best]) best = i;
    }
    beta[c] = static_cast<double>(static_cast<float>(beta[c] - 0.5 * (sorted[best] + sorted[best + 1])));
  }
}

void check_statistics(Checker& check, const Array& x, double tolerance) {
  const Shape channels{x.shape.back()};
  const Array gamma = check.random(channels, 0.5f, 1.5f), beta = check.random(channels);
  const Array running_mean = check.random(channels), running_variance = check.random(channels, 0.5f, 1.5f);
  const BatchNormParams params;
  const BatchNormStatistics expected = batch_norm_statistics(params, x, gamma, beta, running_mean, running_variance);
  const DeviceArray device_x = check.feature(x);
  const DeviceState state(check, gamma, beta, running_mean, running_variance);
  check.backend().batch_norm_statistics(params, device_x, state.view());
  check.compare("mean", state.mean, expected.mean, tolerance);
  check.compare("inverse deviation", state.inverse_deviation, expected.inverse_deviation, tolerance);
  check.compare("scale", state.scale, expected.scale, tolerance);
  check.compare("shift", state.shift, expected.shift, tolerance);
  check.compare("running mean", state.running_mean, expected.running_mean, tolerance);
  check.compare("running variance", state.running_variance, expected.running_variance, tolerance);
  check.compare("gamma is left alone", state.gamma, gamma, kExact);
}

/// Forward, then every gradient, for one choice of residual and ReLU.
void check_gradients(Checker& check, const Shape& shape, bool with_residual, bool relu) {
  Backend& backend = check.backend();
  const Shape channels{shape.back()};
  const BatchNormParams params;
  const Array x = check.random_feature(shape, -2.0f, 2.0f), gamma = check.random(channels, 0.5f, 1.5f);
  const Array residual_values = check.random_feature(shape);
  const Array* residual = with_residual ? &residual_values : nullptr;
  Array beta = check.random(channels);
  keep_clear_of_zero(batch_norm(params, x, gamma, beta, residual, false), beta);

  const DeviceArray device_x = check.feature(x), device_residual = check.feature(residual_values);
  const DeviceState state(check, gamma, beta, Array(channels), Array(channels, 1.0));
  const Tensor residual_tensor = with_residual ? device_residual.tensor() : Tensor{};
  backend.batch_norm_statistics(params, device_x, state.view());
  const DeviceArray y = check.poisoned_feature(shape);
  backend.batch_norm_apply(device_x, state.view(), residual_tensor, relu, y);
  const Array expected_y = batch_norm(params, x, gamma, beta, residual, relu);
  // beta and the residual may cancel the normalised x; this is its size, as every channel has variance 1 by then.
  const double terms = norm(gamma) * std::sqrt(static_cast<double>(positions_of(x)));
  check.compare("y", y, expected_y, check.tolerance(kSum), terms);
  const DeviceArray in_place = check.feature(x);
  backend.batch_norm_apply(in_place, state.view(), residual_tensor, relu, in_place);
  check.compare("y in the place of x", in_place, expected_y, check.tolerance(kSum), terms);

  const Array dy = check.random_feature(shape);
  const auto value = [&](const Array& a, const Array& g, const Array& b, const Array* r) {
    return dot(dy, batch_norm(params, a, g, b, r, relu));
  };
  const Array dx = numeric_gradient(x, [&](const Array& a) { return value(a, gamma, beta, residual); });
  const Array dgamma = numeric_gradient(gamma, [&](const Array& g) { return value(x, g, beta, residual); });
  const Array dbeta = numeric_gradient(beta, [&](const Array& b) { return value(x, gamma, b, residual); });
  const Array dresidual =
      with_residual ? numeric_gradient(residual_values, [&](const Array& r) { return value(x, gamma, beta, &r); })
                    : Array(shape);
  // With few positions dx is what remains when terms of this size cancel; so are the sums of few signed terms.
  const double term = norm(dy) * norm(batch_norm_statistics(params, x, gamma, beta, beta, beta).scale) /
                      std::sqrt(static_cast<double>(channels.elements()));
  const double channel_term = norm(dy);

  // First with separate outputs, then with dx in the place of dy and the residual's gradient accumulated.
  for (const bool in_dy : {false, true}) {
    const std::string suffix = in_dy ? ", dx in the place of dy" : "";
    const Array before = check.random_feature(shape);
    const DeviceArray device_dy = check.feature(dy);
    const DeviceArray own_dx = check.poisoned_feature(shape), device_dgamma = check.poisoned(channels),
                      device_dbeta = check.poisoned(channels);
    const DeviceArray device_dresidual = in_dy ? check.feature(before) : check.poisoned_feature(shape);
    const DeviceArray& device_dx = in_dy ? device_dy : own_dx;
    backend.batch_norm_backward(device_x, y, device_dy, state.view(), relu, device_dgamma, device_dbeta, device_dx,
                                with_residual ? device_dresidual.tensor() : Tensor{},
                                in_dy ? WriteMode::kAccumulate : WriteMode::kOverwrite);
    check.compare("dx" + suffix, device_dx, dx, check.tolerance(kGradient), term);
    check.compare("dgamma" + suffix, device_dgamma, dgamma, kGradient, channel_term);
    check.compare("dbeta" + suffix, device_dbeta, dbeta, kGradient, channel_term);
    if (with_residual) {
      Array expected = dresidual;
      for (Index i = 0; in_dy && i < expected.size(); ++i) expected[i] += before[i];
      check.compare(in_dy ? "dresidual, accumulated" : "dresidual", device_dresidual, expected,
                    check.tolerance(kElementwise));
    }
  }
  if (!relu) {
    const DeviceArray device_dy = check.feature(dy), device_dx = check.poisoned_feature(shape),
                      device_dgamma = check.poisoned(channels), device_dbeta = check.poisoned(channels);
    backend.batch_norm_backward(device_x, Tensor{}, device_dy, state.view(), false, device_dgamma, device_dbeta,
                                device_dx, Tensor{}, WriteMode::kOverwrite);
    check.compare("dx, y not given", device_dx, dx, check.tolerance(kGradient), term);
  }
}

}  // namespace

void check_batch_norm(Checker& check) {
  const Shape shapes[] = {{2, 1, 1, 1}, {1, 1, 3, 5},  {2, 2, 1, 17}, {3, 3, 5, 7},
                          {2, 7, 9, 3}, {1, 5, 3, 64}, {2, 3, 4, 33}};
  for (const Shape& shape : shapes) {
    check.run("batch norm statistics", "x " + shape.text(),
              [&] { check_statistics(check, check.random_feature(shape, -2.0f, 2.0f), kSum); });
    for (int which = 0; which < 4; ++which) {
      const bool residual = (which & 1) != 0, relu = (which & 2) != 0;
      const std::string text = "x " + shape.text() + (residual ? ", residual" : "") + (relu ? ", relu" : "");
      check.run("batch norm", text, [&] { check_gradients(check, shape, residual, relu); });
    }
  }
  check.run("batch norm statistics", "x [3, 31, 29, 16]", [&] {
    check_statistics(check, check.random_feature(Shape{3, 31, 29, 16}, -2.0f, 2.0f), kSum);
  });
  // The variance must not drown in the square of the mean.
  check.run("batch norm statistics", "x [3, 17, 19, 5], mean 30 deviations from 0", [&] {
    check_statistics(check, check.random_feature(Shape{3, 17, 19, 5}, 29.0f, 31.0f), 1e-4);
  });
}

}  // namespace mdd::reference
