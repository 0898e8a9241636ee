// y = relu(batch_norm(x) + residual): the versions, their launches, and what they must agree with.
#include "bench/lab/01_batch_norm_apply/v0.cuh"
#include "bench/lab/01_batch_norm_apply/v1.cuh"
#include "bench/lab/01_batch_norm_apply/v2.cuh"
#include "bench/lab/01_batch_norm_apply/v3.cuh"
#include "bench/lab/01_batch_norm_apply/v4.cuh"
#include "bench/lab/support/device_array.h"
#include "cuda/ops/channel_grid.h"
#include "reference/batch_norm.h"

namespace mdd::lab {
namespace {

constexpr float kEpsilon = 1e-5f;

struct Problem {
  std::int64_t positions;
  int channels;
  reference::Array x, residual, mean, variance, gamma, beta, scale, shift;
  DeviceArray in, skip, of_mean, of_variance, of_gamma, of_beta, of_scale, of_shift, out;

  Problem(std::int64_t position_count, int channel_count)
      : positions(position_count),
        channels(channel_count),
        x(random_values({positions, channels}, -1.0f, 1.0f, 0)),
        residual(random_values({positions, channels}, -1.0f, 1.0f, 1)),
        mean(random_values({channels}, -0.1f, 0.1f, 2)),
        variance(random_values({channels}, 0.1f, 1.0f, 3)),
        gamma(random_values({channels}, 0.5f, 1.5f, 4)),
        beta(random_values({channels}, -0.5f, 0.5f, 5)),
        scale(Shape{channels}),
        shift(Shape{channels}),
        in(x),
        skip(residual),
        of_mean(mean),
        of_variance(variance),
        of_gamma(gamma),
        of_beta(beta),
        of_scale(channels),
        of_shift(channels),
        out(x.size()) {
    for (std::int64_t c = 0; c < channels; ++c) {
      scale[c] = gamma[c] / std::sqrt(variance[c] + static_cast<double>(kEpsilon));
      shift[c] = beta[c] - mean[c] * scale[c];
    }
    of_scale.upload(scale);
    of_shift.upload(shift);
  }
  [[nodiscard]] std::int64_t elements() const { return positions * channels; }
};

std::vector<Version> versions(const std::shared_ptr<Problem>& p) {
  const float *x = p->in.data(), *skip = p->skip.data(), *scale = p->of_scale.data(), *shift = p->of_shift.data();
  const float *mean = p->of_mean.data(), *variance = p->of_variance.data();
  const float *gamma = p->of_gamma.data(), *beta = p->of_beta.data();
  float* const y = p->out.data();
  const std::int64_t elements = p->elements(), positions = p->positions;
  const int channels = p->channels;
  const auto each = one_thread_each(elements), each_pack = one_thread_each(elements / 4);
  const auto product = cuda::channel_grid(positions, channels / 4, cuda::streaming_blocks(multiprocessors()));
  return {
      {"v0", "three kernels, as operators of a framework",
       [=](cudaStream_t stream) {
         cuda::launch(stream, each, batch_norm_apply_v0::normalise, x, mean, variance, gamma, beta, kEpsilon, y,
                      elements, channels);
         cuda::launch(stream, each, batch_norm_apply_v0::add, skip, y, elements);
         cuda::launch(stream, each, batch_norm_apply_v0::rectify, y, elements);
       }},
      {"v1",
       "one kernel",
       [=](cudaStream_t stream) {
         cuda::launch(stream, each, batch_norm_apply_v1::apply, x, mean, variance, gamma, beta, kEpsilon, skip, y,
                      elements, channels);
       },
       {falls_to(Quantity::kTouchedSectors, 0.44), falls_to(Quantity::kStoreSectors, 0.34),
        falls_to(Quantity::kLoadSectors, 0.8)}},
      {"v2",
       "scale and shift made once per channel",
       [=](cudaStream_t stream) {
         cuda::launch(stream, each, batch_norm_apply_v2::apply, x, scale, shift, skip, y, elements, channels);
       },
       {falls_to(Quantity::kLoadRequests, 0.67), falls_to(Quantity::kLoadSectors, 0.67)}},
      {"v3",
       "accesses of 16 bytes",
       [=](cudaStream_t stream) {
         cuda::launch(stream, each_pack, batch_norm_apply_v3::apply, x, scale, shift, skip, y, elements, channels);
       },
       {falls_to(Quantity::kLoadRequests, 0.25), falls_to(Quantity::kStoreRequests, 0.25)}},
      {"v4",
       "the product's: channels stay with their thread",
       [=](cudaStream_t stream) {
         cuda::launch(stream, product, kernels::batch_norm_apply<float, 4>, x, scale, shift, skip, true, y, positions,
                      channels);
       },
       {falls_to(Quantity::kLoadSectors, 0.84), falls_to(Quantity::kLoadRequests, 0.8)}},
  };
}

}  // namespace

Page batch_norm_apply(Scale scale) {
  const bool large = scale == Scale::kLarge;
  const auto p = std::make_shared<Problem>(large ? 16 * 64 * 64 : 4 * 32 * 32, large ? 256 : 64);
  const auto elements = static_cast<double>(p->elements());
  return {.problem = "x, residual, y " + p->x.shape.text(),
          .bytes = 12.0 * elements,
          .flop = 4.0 * elements,
          .versions = versions(p),
          .prepare = [p] { p->out.poison(); },
          .error =
              [p] {
                return relative_error(p->out,
                                      reference::batch_norm_apply(p->x, p->scale, p->shift, &p->residual, true));
              }};
}

}  // namespace mdd::lab
