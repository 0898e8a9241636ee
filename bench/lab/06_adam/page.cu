// One step of Adam over a flat buffer: the versions, their launches, and what they must agree with. All start from the
// same moments, at step 3, with a gradient that is clipped.
#include "bench/lab/06_adam/v0.cuh"
#include "bench/lab/06_adam/v1.cuh"
#include "bench/lab/06_adam/v2.cuh"
#include "bench/lab/06_adam/v3.cuh"
#include "bench/lab/support/device_array.h"
#include "reference/optimiser.h"

namespace mdd::lab {
namespace {

constexpr double kRate = 0.005;
constexpr std::int64_t kSteps = 3;

struct Problem {
  std::int64_t count;
  reference::Array g, w, m, v;
  double scale;  ///< of the gradient, by clipping
  DeviceArray gradient, scaled, weights, first, second;
  DeviceDoubles state;

  explicit Problem(std::int64_t weight_count)
      : count(weight_count),
        g(random_values({count}, -1.0f, 1.0f, 0)),
        w(random_values({count}, -1.0f, 1.0f, 1)),
        m(random_values({count}, -0.1f, 0.1f, 2)),
        v(random_values({count}, 0.01f, 0.1f, 3)),
        scale(static_cast<double>(AdamParams{}.clip_norm) / (reference::norm(g) + 1e-6)),
        gradient(g),
        scaled(count),
        weights(count),
        first(count),
        second(count),
        state(std::vector<double>{double{kSteps}, kRate, scale, reference::norm(g), 0, 0, 0, 0}) {}

  void reset() const {
    scaled.poison();
    weights.upload(w);
    first.upload(m);
    second.upload(v);
  }
  [[nodiscard]] double error() const {
    reference::Adam adam({}, w);
    adam.m = m;
    adam.v = v;
    adam.learning_rate = kRate;
    adam.steps_taken = kSteps - 1;
    adam.step(g, 0.0);
    return std::max({relative_error(weights, adam.w), relative_error(first, adam.m), relative_error(second, adam.v)});
  }
};

std::vector<Version> versions(const std::shared_ptr<Problem>& p) {
  const AdamParams params;
  const double* const state = p->state.data();
  const float* const g = p->gradient.data();
  float *const scaled = p->scaled.data(), *const w = p->weights.data();
  float *const m = p->first.data(), *const v = p->second.data();
  const std::int64_t count = p->count;
  const auto each = one_thread_each(count);
  const auto streaming = cuda::grid_stride(count / 4, 256, std::int64_t{16} * multiprocessors());
  return {
      {"v0", "four kernels",
       [=](cudaStream_t stream) {
         cuda::launch(stream, each, adam_v0::scale_gradient, state, g, scaled, count);
         cuda::launch(stream, each, adam_v0::first_moment, params.beta1, scaled, m, count);
         cuda::launch(stream, each, adam_v0::second_moment, params.beta2, scaled, v, count);
         cuda::launch(stream, each, adam_v0::weights, params, state, m, v, w, count);
       }},
      {"v1",
       "one kernel",
       [=](cudaStream_t stream) { cuda::launch(stream, each, adam_v1::step, params, state, g, w, m, v, count); },
       {falls_to(Quantity::kLaunches, 0.25), falls_to(Quantity::kTouchedSectors, 0.59),
        falls_to(Quantity::kLoadSectors, 0.66), falls_to(Quantity::kStoreSectors, 0.75)}},
      {"v2",
       "factors of the step once a block",
       [=](cudaStream_t stream) { cuda::launch(stream, each, adam_v2::step, params, state, g, w, m, v, count); },
       {falls_to(Quantity::kLoadRequests, 0.68), grows_to(Quantity::kBarriers, 1)}},
      {"v3",
       "the product's: packs, a grid of the device's size",
       [=](cudaStream_t stream) {
         cuda::launch(stream, streaming, kernels::adam_step<float, 4>, params, state,
                      kernels::AdamBuffers<float>{g, w, m, v, nullptr}, count);
       },
       {falls_to(Quantity::kLoadRequests, 0.26), falls_to(Quantity::kStoreRequests, 0.25),
        falls_to(Quantity::kBarriers, 0.25)}},
  };
}

}  // namespace

Page adam(Scale scale) {
  const auto p = std::make_shared<Problem>(scale == Scale::kLarge ? 64 << 20 : 128 << 10);
  const auto count = static_cast<double>(p->count);
  return {.problem = "g, w, m, v " + p->w.shape.text(),
          .bytes = 28.0 * count,
          .flop = 13.0 * count,
          .versions = versions(p),
          .prepare = [p] { p->reset(); },
          .error = [p] { return p->error(); }};
}

}  // namespace mdd::lab
