#include "tests/tour/squared_distance.h"

namespace mdd::tour {

// [reference]
reference::Array reference_squared_distance(const reference::Array& a, const reference::Array& b) {
  const reference::Index channels = a.shape.back();
  reference::Array map(Shape{a.shape[0], a.shape[1], a.shape[2]});
  for (reference::Index i = 0; i < a.size(); ++i) {
    map[i / channels] += (a[i] - b[i]) * (a[i] - b[i]) / static_cast<double>(channels);
  }
  return map;
}
// [end]

namespace {

// [cpu]
class CpuSquaredDistance final : public SquaredDistance {
 public:
  void forward(const Tensor& a, const Tensor& b, const Tensor& map) override {
    require(a.shape == b.shape && map.elements() * a.shape.back() == a.elements(), "squared distance shapes");
    const std::int64_t channels = a.shape.back();
    const float *const x = a.f32(), *const y = b.f32();
#pragma omp parallel for
    for (std::int64_t p = 0; p < map.elements(); ++p) {
      float sum = 0.0f;
      for (std::int64_t i = p * channels; i < (p + 1) * channels; ++i) sum += (x[i] - y[i]) * (x[i] - y[i]);
      map.f32()[p] = sum / static_cast<float>(channels);
    }
  }

  void backward(const Tensor& a, const Tensor& b, const Tensor& dmap, const Tensor& da, WriteMode mode) override {
    require(a.shape == b.shape && a.shape == da.shape, "squared distance gradient shapes");
    const std::int64_t channels = a.shape.back();
    const float *const x = a.f32(), *const y = b.f32(), *const upstream = dmap.f32();
    float* const out = da.f32();
    const bool accumulate = mode == WriteMode::kAccumulate;
#pragma omp parallel for
    for (std::int64_t i = 0; i < a.elements(); ++i) {
      const float gradient = 2.0f / static_cast<float>(channels) * upstream[i / channels] * (x[i] - y[i]);
      out[i] = (accumulate ? out[i] : 0.0f) + gradient;
    }
  }
};
// [end]

}  // namespace

std::unique_ptr<SquaredDistance> make_cpu_squared_distance() { return std::make_unique<CpuSquaredDistance>(); }

// [loss]
void squared_distance_loss(Tape& tape, SquaredDistance& operation, const Variable& prediction, const Variable& target,
                           const LossTerm& term) {
  const Shape& shape = prediction->value.shape;
  const Variable map = tape.values({shape[0], shape[1], shape[2]});
  const float scale = 1.0f / static_cast<float>(map->value.elements());
  operation.forward(prediction->value, target->value, map->value);
  tape.backend().sum_forward(map->value, scale, term.value, term.mode);
  tape.record([&tape, &operation, prediction, target, map, upstream = term.weight * scale] {
    tape.backend().fill(map->value, upstream);  // the map itself is no longer needed
    const GradientSlot slot = prediction->gradient_slot(tape.arena());
    operation.backward(prediction->value, target->value, map->value, slot.tensor, slot.mode);
  });
}
// [end]

}  // namespace mdd::tour
