// Batch norm in training mode: kernels/batch_norm_*.cuh.
#include "cuda/implementation.h"
#include "cuda/kernels/batch_norm_apply.cuh"
#include "cuda/kernels/batch_norm_backward.cuh"
#include "cuda/kernels/batch_norm_statistics.cuh"
#include "cuda/ops/channel_grid.h"
#include "cuda/ops/storage.h"

namespace mdd::cuda {
namespace {

/// How sums over positions are cut: enough blocks to fill a large device, but some positions for every thread. Depends
/// on the shape alone, so that every device adds in the same order.
struct Reduction {
  kernels::PositionSlices slices;
  LaunchGeometry first, second;  ///< of the two stages
  std::int64_t partials;         ///< floats of one array of partial results

  Reduction(std::int64_t positions, std::int64_t channels, int pack) {
    constexpr std::int64_t kBlocks = 512;
    constexpr std::int64_t kPositionsPerThread = 8;
    const dim3 block = channel_block(channels / pack);
    const std::int64_t tiles = (channels / pack + block.x - 1) / block.x;
    const std::int64_t run = kPositionsPerThread * block.y;
    const std::int64_t wanted =
        std::clamp<std::int64_t>((positions + run - 1) / run, 1, std::max<std::int64_t>(1, kBlocks / tiles));
    slices.positions = positions;
    slices.length = (positions + wanted - 1) / wanted;
    slices.count = static_cast<int>((positions + slices.length - 1) / slices.length);
    first = {dim3(static_cast<unsigned>(slices.count), static_cast<unsigned>(tiles)), block};
    second = grid_stride(channels * kernels::kWarp, kernels::kChannelThreads, channels);
    partials = channels * slices.count;
  }
};

float* vector_of(const Tensor& tensor, std::int64_t channels) {
  require(tensor.elements() == channels, "batch norm state per channel");
  return tensor.f32();
}

}  // namespace

void CudaBackend::batch_norm_statistics(const BatchNormParams& params, const Tensor& x, const BatchNormState& state) {
  const TraceRange range("batch_norm_statistics");
  const std::int64_t channels = x.shape.back();
  const std::int64_t positions = x.elements() / channels;
  require(positions >= 2, "batch norm needs at least two positions");
  const kernels::BatchNormVectors vectors{
      vector_of(state.gamma, channels),        vector_of(state.beta, channels),
      vector_of(state.running_mean, channels), vector_of(state.running_variance, channels),
      vector_of(state.mean, channels),         vector_of(state.inverse_deviation, channels),
      vector_of(state.scale, channels),        vector_of(state.shift, channels)};
  with_storage(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* in = elements_of<T>(x);
    with_pack<T>(channels, {in}, [&](auto pack) {
      const Reduction plan(positions, channels, pack);
      float* means = scratch<float>(2 * plan.partials);
      float* squares = means + plan.partials;
      launch(plan.first, kernels::batch_norm_slices<T, pack()>, in, plan.slices, channels, means, squares);
      launch(plan.second, kernels::batch_norm_finalise, means, squares, plan.slices, channels, params.epsilon,
             params.momentum, vectors);
    });
  });
}

void CudaBackend::batch_norm_apply(const Tensor& x, const BatchNormState& state, const Tensor& residual, bool relu,
                                   const Tensor& y) {
  const TraceRange range("batch_norm_apply");
  require(x.shape == y.shape && (!residual.defined() || residual.shape == x.shape), "batch norm shapes");
  const std::int64_t channels = x.shape.back();
  const std::int64_t positions = x.elements() / channels;
  const float* scale = vector_of(state.scale, channels);
  const float* shift = vector_of(state.shift, channels);
  with_storage(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* in = elements_of<T>(x);
    const T* skip = residual.defined() ? elements_of<T>(residual) : nullptr;
    T* out = elements_of<T>(y);
    with_pack<T>(channels, {in, skip, out}, [&](auto pack) {
      launch(channel_grid(positions, channels / pack, streaming_blocks(context_.multiprocessors())),
             kernels::batch_norm_apply<T, pack()>, in, scale, shift, skip, relu, out, positions, channels);
    });
  });
}

void CudaBackend::batch_norm_backward(const Tensor& x, const Tensor& y, const Tensor& dy, const BatchNormState& state,
                                      bool relu, const Tensor& dgamma, const Tensor& dbeta, const Tensor& dx,
                                      const Tensor& dresidual, WriteMode residual_mode) {
  const TraceRange range("batch_norm_backward");
  require(x.shape == dy.shape && x.shape == dx.shape && (!relu || x.shape == y.shape), "batch norm shapes");
  require(!dresidual.defined() || dresidual.shape == x.shape, "batch norm shapes");
  const std::int64_t channels = x.shape.back();
  const std::int64_t positions = x.elements() / channels;
  const float* gamma = vector_of(state.gamma, channels);
  const float* mean = vector_of(state.mean, channels);
  const float* inverse = vector_of(state.inverse_deviation, channels);
  float* gamma_gradient = vector_of(dgamma, channels);
  float* beta_gradient = vector_of(dbeta, channels);
  with_storage(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* in = elements_of<T>(x);
    const T* out = relu ? elements_of<T>(y) : nullptr;
    const T* upstream = elements_of<T>(dy);
    T* gradient = elements_of<T>(dx);
    T* skip = dresidual.defined() ? elements_of<T>(dresidual) : nullptr;
    with_pack<T>(channels, {in, out, upstream, gradient, skip}, [&](auto pack) {
      const Reduction plan(positions, channels, pack);
      float* sums = scratch<float>(2 * plan.partials);
      float* products = sums + plan.partials;
      launch(plan.first, kernels::batch_norm_gradient_slices<T, pack()>, in, out, upstream, mean, plan.slices, channels,
             sums, products);
      launch(plan.second, kernels::batch_norm_gradient_finalise, sums, products, plan.slices.count, channels, inverse,
             gamma_gradient, beta_gradient);
      launch(channel_grid(positions, channels / pack, streaming_blocks(context_.multiprocessors())),
             kernels::batch_norm_gradient_apply<T, pack()>, in, out, upstream, gamma, mean, inverse, gamma_gradient,
             beta_gradient, gradient, skip, residual_mode == WriteMode::kAccumulate, positions, channels);
    });
  });
}

}  // namespace mdd::cuda
