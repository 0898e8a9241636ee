#include "reference/optimiser.h"

#include <algorithm>

namespace mdd::reference {

void Adam::step(const Array& gradient, double loss) {
  const double loss_scale = params.loss_scale;
  const double length = norm(gradient) / loss_scale;
  if (!std::isfinite(loss) || !std::isfinite(length)) {
    gradient_scale = 0.0;
    ++skipped_in_a_row;
    ++skipped_total;
    return;
  }
  const double clip = params.clip_norm;
  gradient_norm = length;
  gradient_scale = (clip > 0.0 ? std::min(1.0, clip / (length + 1e-6)) : 1.0) / loss_scale;
  skipped_in_a_row = 0;
  ++steps_taken;
  const double beta1 = params.beta1, beta2 = params.beta2;
  const double correction1 = 1.0 - std::pow(beta1, static_cast<double>(steps_taken));
  const double correction2 = 1.0 - std::pow(beta2, static_cast<double>(steps_taken));
  for (Index i = 0; i < w.size(); ++i) {
    const double g = gradient_scale * gradient[i];
    m[i] = beta1 * m[i] + (1.0 - beta1) * g;
    v[i] = beta2 * v[i] + (1.0 - beta2) * g * g;
    const double root = std::sqrt(v[i] / correction2) + static_cast<double>(params.epsilon);
    w[i] -= learning_rate * (m[i] / correction1) / root;
  }
}

}  // namespace mdd::reference
