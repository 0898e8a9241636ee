// Adam over one flat buffer, with clipping by the global norm (spec S9).
#include "cuda/implementation.h"
#include "cuda/kernels/adam.cuh"
#include "cuda/ops/sums.h"

namespace mdd::cuda {

void CudaBackend::adam_prepare(const AdamParams& params, const Tensor& gradient, const Tensor& loss,
                               const Tensor& state) {
  const TraceRange range("adam_prepare");
  require(state.elements() == kOptimizerStateSize, "optimiser state size");
  const std::int64_t count = gradient.elements(), partials = partial_sums_of(count);
  const float* const values = gradient.f32();
  const float* const reached = loss.f32();
  auto* const decision = state.as<double>();
  auto* const partial = scratch<double>(partials);
  launch_partial_sums(context_.stream(), kernels::Square{values}, {values}, count, partial);
  launch({dim3(1), dim3(512)}, kernels::adam_decide, params, partial, partials, reached, decision);
}

void CudaBackend::adam_step(const AdamParams& params, const Tensor& state, const Tensor& gradient, const Tensor& w,
                            const Tensor& m, const Tensor& v) {
  const TraceRange range("adam_step");
  const std::int64_t count = w.elements();
  require(gradient.elements() == count && m.elements() == count && v.elements() == count,
          "optimiser buffers of one size");
  const auto* const decision = state.as<double>();
  const bool copies = feature_type() != DType::kF32;
  const bool fresh = copies && filters_.mirror(w, feature_type());
  with_storage(feature_type(), [&](auto zero) {
    using T = decltype(zero);
    const kernels::AdamBuffers<T> buffers{gradient.f32(), w.f32(), m.f32(), v.f32(),
                                          copies ? elements_of<T>(filters_.mirrored_copy()) : nullptr};
    // Extent 0: the kernel finishes a count that no pack divides by itself, alignment is all it needs.
    with_pack<float>(0, {buffers.gradient, buffers.w, buffers.m, buffers.v, buffers.copy}, [&](auto pack) {
      launch(streaming(count / pack), kernels::adam_step<T, decltype(pack)::value>, params, decision, buffers, count);
    });
  });
  // A skipped step writes nothing, but convolutions read a new copy all the same.
  if (fresh) cast(w, filters_.mirrored_copy());
}

}  // namespace mdd::cuda
