// Adam with global clipping and skipped steps (spec S9).
#pragma once
#include "ops/params.h"
#include "reference/array.h"

namespace mdd::reference {

/// Weights, moments and the shared state of a run of Adam in float64.
struct Adam {
  AdamParams params;
  Array w, m, v;
  double learning_rate = 0.0;
  Index steps_taken = 0, skipped_in_a_row = 0, skipped_total = 0;
  double gradient_scale = 0.0, gradient_norm = 0.0;

  Adam(const AdamParams& adam_params, const Array& weights)
      : params(adam_params), w(weights), m(weights.shape), v(weights.shape) {}
  /// One step, or none if the loss or an element of the gradient is not finite.
  void step(const Array& gradient, double loss);
};

}  // namespace mdd::reference
