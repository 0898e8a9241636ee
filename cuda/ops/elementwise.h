// Operations on elements that several of the backend's methods need. They put one kernel on the stream and return.
#pragma once
#include <cuda_runtime.h>

#include "ops/params.h"

namespace mdd::cuda {

/// Every element of an f32 or f64 tensor = value.
void fill_elements(cudaStream_t stream, int multiprocessors, const Tensor& to, float value);
/// to = from; each is f32, f16 or bf16, rounding to nearest even. Requires equally many elements.
void cast_elements(cudaStream_t stream, int multiprocessors, const Tensor& from, const Tensor& to);
/// y = a + b, all of one storage type and size; y may be a or b.
void add_elements(cudaStream_t stream, int multiprocessors, const Tensor& a, const Tensor& b, const Tensor& y);
/// to += from.
inline void accumulate_elements(cudaStream_t stream, int multiprocessors, const Tensor& from, const Tensor& to) {
  add_elements(stream, multiprocessors, from, to, to);
}
/// y = relu?(sums + bias[channel]? + residual?), all but the f32 bias of one storage type; y may be sums or residual.
void bias_residual_relu(cudaStream_t stream, int multiprocessors, const Tensor& sums, const Epilogue& epilogue,
                        const Tensor& y);

}  // namespace mdd::cuda
