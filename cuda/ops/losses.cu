// Scalar losses, and the masks that they are compared with.
#include <algorithm>

#include "cuda/implementation.h"
#include "cuda/kernels/absolute_difference.cuh"
#include "cuda/kernels/class_loss.cuh"
#include "cuda/kernels/reduce_mask.cuh"
#include "cuda/kernels/scaled_sum.cuh"
#include "cuda/kernels/softmax_cross_entropy.cuh"
#include "cuda/kernels/weighted_sum.cuh"
#include "cuda/ops/sums.h"
#include "ops/preconditions.h"

namespace mdd::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kPositionThreads = 512;  ///< of the one block that walks a value a position
constexpr int kPixelsPerLane = 16;     ///< of a mask's cell, before another lane is worth its place

LaunchGeometry one_block() { return {dim3(1), dim3(kThreads)}; }

}  // namespace

void CudaBackend::class_loss_forward(const Tensor& mass, const Tensor& labels, const Tensor& loss) {
  const TraceRange range("class_loss_forward");
  const std::int64_t images = mass.shape[0];
  require(labels.elements() == images, "a label an image");
  launch(one_block(), kernels::class_loss, mass.f32(), labels.as<std::int32_t>(), images, mass.shape.back(),
         loss.f32());
}

void CudaBackend::class_loss_backward(const Tensor& mass, const Tensor& labels, float weight, const Tensor& dmass) {
  const TraceRange range("class_loss_backward");
  const std::int64_t images = mass.shape[0];
  require(labels.elements() == images && dmass.shape == mass.shape, "class loss shapes");
  launch(streaming(mass.elements()), kernels::class_loss_gradient, mass.f32(), labels.as<std::int32_t>(), images,
         mass.shape.back(), weight, dmass.f32());
}

void CudaBackend::sum_forward(const Tensor& x, float scale, const Tensor& loss, WriteMode mode) {
  const TraceRange range("sum_forward");
  const std::int64_t count = x.elements(), partials = partial_sums_of(count);
  const float* const values = x.f32();
  float* const to = loss.f32();
  auto* const partial = scratch<double>(partials);
  launch_partial_sums(context_.stream(), kernels::Value{values}, {values}, count, partial);
  launch(one_block(), kernels::store_scaled_sum, partial, partials, scale, to, mode == WriteMode::kAccumulate);
}

void CudaBackend::absolute_difference_forward(const Tensor& x, const Tensor& target, float scale, const Tensor& loss,
                                              WriteMode mode) {
  const TraceRange range("absolute_difference_forward");
  require(x.elements() == target.elements(), "absolute difference of like shapes");
  const std::int64_t count = x.elements(), partials = partial_sums_of(count);
  const kernels::AbsoluteDifference difference{x.f32(), target.f32()};
  float* const to = loss.f32();
  auto* const partial = scratch<double>(partials);
  launch_partial_sums(context_.stream(), difference, {difference.x, difference.target}, count, partial);
  launch(one_block(), kernels::store_scaled_sum, partial, partials, scale, to, mode == WriteMode::kAccumulate);
}

void CudaBackend::absolute_difference_backward(const Tensor& x, const Tensor& target, float weight, const Tensor& dx) {
  const TraceRange range("absolute_difference_backward");
  require(x.elements() == target.elements() && x.elements() == dx.elements(), "absolute difference of like shapes");
  const std::int64_t count = x.elements();
  with_pack<float>(count, {x.f32(), target.f32(), dx.f32()}, [&](auto pack) {
    launch(streaming(count / pack), kernels::absolute_difference_gradient<decltype(pack)::value>, x.f32(), target.f32(),
           weight, count, dx.f32());
  });
}

void CudaBackend::weighted_sum(const Tensor& terms, std::span<const float> weights, const Tensor& total) {
  const TraceRange range("weighted_sum");
  require(terms.elements() == static_cast<std::int64_t>(weights.size()), "a weight a term");
  require(weights.size() <= kernels::kMaximumTerms, "at most 16 terms of a weighted sum");
  kernels::TermWeights by_value{{}, static_cast<int>(weights.size())};
  std::copy(weights.begin(), weights.end(), by_value.weight);
  launch({dim3(1), dim3(1)}, kernels::weighted_sum, terms.f32(), by_value, total.f32());
}

void CudaBackend::softmax_cross_entropy(const Tensor& logits, const Tensor& labels, float weight, const Tensor& loss,
                                        const Tensor& dlogits, WriteMode loss_mode) {
  const TraceRange range("softmax_cross_entropy");
  const std::int64_t positions = require_cross_entropy(logits, labels, loss, dlogits);
  const std::int64_t classes = logits.shape.back();
  const auto* label = labels.as<std::int32_t>();
  auto* const labelled = scratch<double>(1 + (positions + 1) / 2);
  auto* const row_loss = reinterpret_cast<float*>(labelled + 1);
  launch({dim3(1), dim3(kPositionThreads)}, kernels::count_labelled, label, positions, labelled);
  with_storage(logits.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* const x = elements_of<T>(logits);
    T* const dx = dlogits.defined() ? elements_of<T>(dlogits) : nullptr;
    with_pack<T>(classes, {x, dx}, [&](auto pack) {
      const int lanes = kernels::lanes_for(classes / pack);
      launch(streaming(positions * lanes), kernels::softmax_cross_entropy<T, decltype(pack)::value>, x, label, labelled,
             positions, classes, lanes, weight, row_loss, dx);
    });
  });
  launch({dim3(1), dim3(kPositionThreads)}, kernels::mean_row_loss, row_loss, positions, labelled, loss.f32(),
         loss_mode == WriteMode::kAccumulate);
}

void CudaBackend::reduce_mask(const Tensor& mask, MaskReduction reduction, const Tensor& cells) {
  const TraceRange range("reduce_mask");
  const std::int64_t side = mask.shape[1], out = cells.shape[1];
  require(
      mask.shape[2] == side && cells.shape[2] == out && out > 0 && side % out == 0 && mask.shape[0] == cells.shape[0],
      "mask cells divide the image");
  const std::int64_t cell = side / out;
  const int lanes = reduction == MaskReduction::kNearest ? 1 : kernels::lanes_for(cell * cell / kPixelsPerLane);
  const auto start = [&](auto kernel) {
    launch(streaming(cells.elements() * lanes), kernel, mask.as<std::uint8_t>(), cells.elements(), out, cell, lanes,
           cells.f32());
  };
  switch (reduction) {
    case MaskReduction::kAverage:
      return start(kernels::reduce_mask<MaskReduction::kAverage>);
    case MaskReduction::kNearest:
      return start(kernels::reduce_mask<MaskReduction::kNearest>);
    case MaskReduction::kMaximum:
      return start(kernels::reduce_mask<MaskReduction::kMaximum>);
  }
}

}  // namespace mdd::cuda
