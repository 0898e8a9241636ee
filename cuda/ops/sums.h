// Stage one of a sum over whole f32 tensors, as the losses and the optimiser launch it.
#pragma once
#include <cstdint>

#include "cuda/kernels/reductions.cuh"
#include "cuda/ops/storage.h"
#include "cuda/runtime/launch.h"

namespace mdd::cuda {

/// Partial sums that `count` elements leave behind.
[[nodiscard]] constexpr std::int64_t partial_sums_of(std::int64_t count) {
  return (count + kernels::kSumRun - 1) / kernels::kSumRun;
}

/// partial[k] = sum of the term over the k-th run of elements. `inputs` are the term's arrays.
template <class Term>
void launch_partial_sums(cudaStream_t stream, const Term& term, std::initializer_list<const void*> inputs,
                         std::int64_t count, double* partial) {
  const LaunchGeometry geometry{dim3(static_cast<unsigned>(partial_sums_of(count))), dim3(256)};
  // Extent 0: the kernel finishes a count that no pack divides by itself, alignment is all it needs.
  with_pack<float>(0, inputs, [&](auto pack) {
    launch(stream, geometry, kernels::partial_sums<Term, decltype(pack)::value>, term, count, partial);
  });
}

}  // namespace mdd::cuda
