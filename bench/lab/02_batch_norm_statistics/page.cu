// Mean and 1 / sqrt(variance + epsilon) of every channel: the versions, their launches, and what they must agree with.
#include "bench/lab/02_batch_norm_statistics/v0.cuh"
#include "bench/lab/02_batch_norm_statistics/v1.cuh"
#include "bench/lab/02_batch_norm_statistics/v2.cuh"
#include "bench/lab/02_batch_norm_statistics/v3.cuh"
#include "bench/lab/support/device_array.h"
#include "cuda/ops/channel_grid.h"
#include "reference/batch_norm.h"

namespace mdd::lab {
namespace {

constexpr float kEpsilon = 1e-5f, kMomentum = 0.1f;

struct Problem {
  std::int64_t positions;
  int channels;
  reference::Array x, gamma, beta;
  DeviceArray in, of_gamma, of_beta, mean, inverse_deviation;
  DeviceArray running_mean, running_variance, scale, shift, partial;

  Problem(std::int64_t position_count, int channel_count)
      : positions(position_count),
        channels(channel_count),
        x(random_values({positions, channels}, 29.0f, 31.0f, 0)),  // a mean that is large against the deviation
        gamma(random_values({channels}, 0.5f, 1.5f, 1)),
        beta(random_values({channels}, -0.5f, 0.5f, 2)),
        in(x),
        of_gamma(gamma),
        of_beta(beta),
        mean(channels),
        inverse_deviation(channels),
        running_mean(gamma),
        running_variance(gamma),
        scale(channels),
        shift(channels),
        partial(2 * 512 * std::int64_t{channels}) {}

  [[nodiscard]] double error() const {
    const auto expected = reference::batch_norm_statistics({kEpsilon, kMomentum}, x, gamma, beta, gamma, gamma);
    return std::max(relative_error(mean, expected.mean), relative_error(inverse_deviation, expected.inverse_deviation));
  }
};

/// The geometry of cuda/ops/batch_norm.cu for tensors that are read in packs of four.
struct Slices {
  kernels::PositionSlices slices;
  cuda::LaunchGeometry first, second;

  Slices(std::int64_t positions, std::int64_t channels) {
    const dim3 block = cuda::channel_block(channels / 4);
    const std::int64_t tiles = (channels / 4 + block.x - 1) / block.x, run = 8 * block.y;
    const std::int64_t wanted =
        std::clamp<std::int64_t>((positions + run - 1) / run, 1, std::max<std::int64_t>(1, 512 / tiles));
    slices.positions = positions;
    slices.length = (positions + wanted - 1) / wanted;
    slices.count = static_cast<int>((positions + slices.length - 1) / slices.length);
    first = {dim3(static_cast<unsigned>(slices.count), static_cast<unsigned>(tiles)), block};
    second = cuda::grid_stride(channels * kernels::kWarp, kernels::kChannelThreads, channels);
  }
};

std::vector<Version> versions(const std::shared_ptr<Problem>& p) {
  const float* const x = p->in.data();
  float *const mean = p->mean.data(), *const inverse = p->inverse_deviation.data();
  const std::int64_t positions = p->positions;
  const int channels = p->channels;
  const Slices plan(positions, channels);
  float *const means = p->partial.data(), *const squares = means + std::int64_t{plan.slices.count} * channels;
  const kernels::BatchNormVectors vectors{
      p->of_gamma.data(), p->of_beta.data(), p->running_mean.data(), p->running_variance.data(), mean, inverse,
      p->scale.data(),    p->shift.data()};
  const auto v2_grid = dim3(static_cast<unsigned>((channels + 31) / 32));
  return {
      {"v0", "a thread a channel, two walks",
       [=](cudaStream_t stream) {
         cuda::launch(stream, one_thread_each(channels, 64), batch_norm_statistics_v0::statistics, x, positions,
                      channels, kEpsilon, mean, inverse);
       }},
      {.name = "v1",
       .summary = "a block a channel, lanes along positions",
       .run =
           [=](cudaStream_t stream) {
             cuda::launch(stream, {dim3(static_cast<unsigned>(channels)), dim3(batch_norm_statistics_v1::kThreads)},
                          batch_norm_statistics_v1::statistics, x, positions, channels, kEpsilon, mean, inverse);
           },
       .claims = {grows_to(Quantity::kThreads, 100), grows_to(Quantity::kLoadSectors, 4),
                  falls_to(Quantity::kLoadRequests, 0.51), grows_to(Quantity::kError, 30)},
       .tolerance = 1e-2},
      {.name = "v2",
       .summary = "lanes along channels",
       .run =
           [=](cudaStream_t stream) {
             cuda::launch(stream, {v2_grid, dim3(32, batch_norm_statistics_v2::kRows)},
                          batch_norm_statistics_v2::statistics, x, positions, channels, kEpsilon, mean, inverse);
           },
       .claims = {falls_to(Quantity::kLoadSectors, 0.126), falls_to(Quantity::kBarriers, 0.01)},
       .tolerance = 1e-2},
      {"v3",
       "the product's: slices, packs, differences",
       [=](cudaStream_t stream) {
         cuda::launch(stream, plan.first, kernels::batch_norm_slices<float, 4>, x, plan.slices, channels, means,
                      squares);
         cuda::launch(stream, plan.second, kernels::batch_norm_finalise, means, squares, plan.slices, channels,
                      kEpsilon, kMomentum, vectors);
       },
       {falls_to(Quantity::kLoadRequests, 0.4), grows_to(Quantity::kThreads, 16), falls_to(Quantity::kError, 0.01)}},
  };
}

}  // namespace

Page batch_norm_statistics(Scale scale) {
  const bool large = scale == Scale::kLarge;
  const auto p = std::make_shared<Problem>(large ? 16 * 64 * 64 : 4 * 32 * 32, large ? 256 : 64);
  const auto elements = static_cast<double>(p->x.size());
  return {.problem = "x " + p->x.shape.text() + ", mean 30, deviation 0.6",
          .bytes = 4.0 * elements,
          .flop = 3.0 * elements,
          .versions = versions(p),
          .prepare =
              [p] {
                for (const DeviceArray* out : {&p->mean, &p->inverse_deviation, &p->scale, &p->shift}) out->poison();
              },
          .error = [p] { return p->error(); }};
}

}  // namespace mdd::lab
