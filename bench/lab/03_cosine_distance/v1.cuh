// v1: one walk for the three moments, one for the gradient.
//
// Why: a and b in registers serve all three products, and both parts of the gradient.
// Gain: five tensors through memory instead of eleven: less than half of the loaded sectors, a third of the stored
// ones; three launches instead of seven.
#pragma once
#include "bench/lab/03_cosine_distance/v0.cuh"

namespace mdd::lab::cosine_distance_v1 {

using cosine_distance_v0::kThreads;
using cosine_distance_v0::tree_sum;

/// moments[n] = (a.a, b.b, a.b) of image n, a block each.
__global__ void moments(const float* a, const float* b, std::int64_t count, float* to) {
  const std::int64_t base = std::int64_t{blockIdx.x} * count;
  float aa = 0.0f, bb = 0.0f, ab = 0.0f;
  for (std::int64_t i = threadIdx.x; i < count; i += kThreads) {
    const float x = a[base + i], y = b[base + i];
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  aa = tree_sum(aa);
  __syncthreads();
  bb = tree_sum(bb);
  __syncthreads();
  ab = tree_sum(ab);
  if (threadIdx.x > 0) return;
  to[3 * blockIdx.x] = aa;
  to[3 * blockIdx.x + 1] = bb;
  to[3 * blockIdx.x + 2] = ab;
}

/// Block (runs, image).
__global__ void gradient(const float* a, const float* b, const float* moments, std::int64_t count, int images,
                         float* to) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const float* m = moments + 3 * blockIdx.y;
  const float share = 1.0f / (sqrtf(m[0]) * sqrtf(m[1]) * static_cast<float>(images));
  const std::int64_t at = blockIdx.y * count + i;
  to[at] = share * (m[2] / m[0] * a[at] - b[at]);
}

}  // namespace mdd::lab::cosine_distance_v1
