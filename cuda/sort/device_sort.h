// Sorting on the device, for the pixel metrics.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cuda_runtime.h>

namespace mdd::cuda {

/// Puts on the stream: (keys_out[i], values_out[i]) = the `count` pairs of keys_in and values_in by falling key. Pairs
/// of equal keys stay in their order; -0 equals +0; a NaN comes before everything, or with its sign bit set after
/// everything. The arrays do not overlap. With `scratch` null only sets scratch_bytes to the device memory that a call
/// needs; otherwise scratch holds at least that much. Throws Error(kRuntime) naming the failed call.
void sort_descending(void* scratch, std::size_t& scratch_bytes, const float* keys_in, float* keys_out,
                     const std::int32_t* values_in, std::int32_t* values_out, std::int64_t count, cudaStream_t stream);

}  // namespace mdd::cuda
