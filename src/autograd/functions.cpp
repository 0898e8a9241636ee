#include "autograd/functions.h"

namespace mdd {

Variable convolution(Tape& tape, const ConvolutionGeometry& geometry, const Variable& x, const ParameterView& weights) {
  const Shape& in = x->value.shape;
  Variable y = tape.features({in[0], geometry.output(in[1]), geometry.output(in[2]), weights.value.shape[0]});
  tape.backend().convolution_forward(geometry, x->value, {weights.value, false}, {}, y->value);
  tape.record([&tape, geometry, x, weights, y] {
    if (!y->has_gradient()) return;
    tape.backend().convolution_backward_weights(geometry, x->value, y->gradient(), weights.gradient);
    if (!x->requires_gradient) return;
    const GradientSlot dx = x->gradient_slot(tape.arena());
    tape.backend().convolution_backward_data(geometry, y->gradient(), weights.value, dx.tensor, dx.mode);
  });
  return y;
}

Variable transposed_convolution(Tape& tape, const ConvolutionGeometry& geometry, const Variable& x,
                                const ParameterView& weights) {
  const Shape& in = x->value.shape;
  const auto grown = [&](std::int64_t extent) {
    return (extent - 1) * geometry.stride - 2 * geometry.padding + geometry.kernel;
  };
  Variable y = tape.features({in[0], grown(in[1]), grown(in[2]), weights.value.shape[3]});
  tape.backend().transposed_convolution_forward(geometry, x->value, {weights.value, false}, {}, y->value);
  tape.record([&tape, geometry, x, weights, y] {
    if (!y->has_gradient()) return;
    tape.backend().transposed_convolution_backward_weights(geometry, x->value, y->gradient(), weights.gradient);
    if (!x->requires_gradient) return;
    const GradientSlot dx = x->gradient_slot(tape.arena());
    tape.backend().transposed_convolution_backward_data(geometry, y->gradient(), weights.value, dx.tensor, dx.mode);
  });
  return y;
}

Variable batch_norm(Tape& tape, const BatchNormParams& params, const Variable& x, const BatchNormParameters& parameters,
                    const Variable& residual, bool relu) {
  const std::int64_t channels = x->value.shape.back();
  // One small tensor for the four vectors of this step.
  const Variable vectors = tape.values({4, channels});
  const auto vector = [&](std::int64_t i) { return vectors->value.rows(i, 1).reshaped({channels}); };
  const BatchNormState state{parameters.gamma.value,
                             parameters.beta.value,
                             parameters.running_mean,
                             parameters.running_variance,
                             vector(0),
                             vector(1),
                             vector(2),
                             vector(3)};
  tape.backend().batch_norm_statistics(params, x->value, state);
  Variable y = tape.features(x->value.shape);
  tape.backend().batch_norm_apply(x->value, state, residual ? residual->value : Tensor{}, relu, y->value);
  tape.record([&tape, x, parameters, residual, relu, y, vectors, state] {
    if (!y->has_gradient()) return;
    GradientSlot skip;
    if (residual && residual->requires_gradient) skip = residual->gradient_slot(tape.arena());
    const GradientSlot dx = x->gradient_slot(tape.arena());
    require(dx.mode == WriteMode::kOverwrite, "a batch norm is the only reader of its input");
    tape.backend().batch_norm_backward(x->value, y->value, y->gradient(), state, relu, parameters.gamma.gradient,
                                       parameters.beta.gradient, dx.tensor, skip.tensor, skip.mode);
  });
  return y;
}

Variable max_pool(Tape& tape, const PoolParams& params, const Variable& x) {
  const ConvolutionGeometry window{params.kernel, params.stride, params.padding};
  const Shape& in = x->value.shape;
  Variable y = tape.features({in[0], window.output(in[1]), window.output(in[2]), in[3]}, x->requires_gradient);
  tape.backend().max_pool_forward(params, x->value, y->value);
  if (!x->requires_gradient) return y;
  tape.record([&tape, params, x, y] {
    if (!y->has_gradient()) return;
    const GradientSlot dx = x->gradient_slot(tape.arena());
    tape.backend().max_pool_backward(params, x->value, y->value, y->gradient(), dx.tensor, dx.mode);
  });
  return y;
}

Variable concatenate(Tape& tape, std::span<const Variable> parts) {
  const Shape& first = parts[0]->value.shape;
  std::int64_t channels = 0;
  std::vector<Tensor> values;
  for (const Variable& part : parts) {
    channels += part->value.shape.back();
    values.push_back(part->value);
  }
  Variable y = tape.features({first[0], first[1], first[2], channels});
  tape.backend().concatenate_channels(values, y->value);
  tape.record([&tape, kept = std::vector<Variable>(parts.begin(), parts.end()), y] {
    if (!y->has_gradient()) return;
    std::int64_t at = 0;
    for (const Variable& part : kept) {
      if (part->requires_gradient) {
        const GradientSlot slot = part->gradient_slot(tape.arena());
        tape.backend().slice_channels(y->gradient(), at, slot.tensor, slot.mode);
      }
      at += part->value.shape.back();
    }
  });
  return y;
}

Variable add(Tape& tape, const Variable& a, const Variable& b) {
  Variable y = tape.features(a->value.shape);
  tape.backend().add(a->value, b->value, y->value);
  tape.record([&tape, a, b, y] {
    if (!y->has_gradient()) return;
    for (const Variable& side : {a, b}) {
      if (!side->requires_gradient) continue;
      const GradientSlot slot = side->gradient_slot(tape.arena());
      if (slot.mode == WriteMode::kOverwrite) {
        tape.backend().copy(y->gradient(), slot.tensor);
      } else {
        tape.backend().add(slot.tensor, y->gradient(), slot.tensor);
      }
    }
  });
  return y;
}

MemoryReading memory_read(Tape& tape, const MemoryParams& params, const Variable& z, const ParameterView& prototypes) {
  const Shape& in = z->value.shape;
  const std::int64_t positions = z->value.elements() / in.back();
  const std::int64_t count = params.classes * params.slots;
  MemoryReading out{tape.features(in), tape.values({in[0], params.classes}, true), tape.values({positions, count})};
  const Variable softmax = params.shrinkage > 0.0f ? tape.values({positions, count}) : out.attention;
  const Variable query_norm = tape.values({positions});
  const Variable memory_norm = tape.values({count});
  const MemoryState state{softmax->value, out.attention->value, query_norm->value, memory_norm->value};
  tape.backend().memory_read_forward(params, z->value, prototypes.value, state, out.read->value, out.mass->value);
  tape.record([&tape, params, z, prototypes, out, softmax, query_norm, memory_norm, state] {
    if (!out.read->has_gradient() && !out.mass->has_gradient()) return;
    const GradientSlot dz = z->gradient_slot(tape.arena());
    tape.backend().memory_read_backward(params, z->value, prototypes.value, state, out.read->gradient(),
                                        out.mass->gradient(), dz.tensor, dz.mode, prototypes.gradient);
  });
  return out;
}

}  // namespace mdd
