// v0, the formula put together from what a framework has: three dot products, each a kernel, and a gradient of three
// elementwise kernels with a tensor in between.
//
//   loss = mean_n 1 - a_n.b_n / (|a_n| |b_n|),   da_n = (a_n (a_n.b_n) / |a_n|^2 - b_n) / (N |a_n| |b_n|)
//
// A block owns an image; its threads put their sums together in a tree in shared memory, a barrier a step.
// Why it is slow: a and b are read twice each for the moments and pass through memory seven times for the gradient,
// where twice and once would do; and N blocks do not fill a device.
#pragma once
#include <cstdint>

#include "cuda/kernels/simt.h"

namespace mdd::lab::cosine_distance_v0 {

inline constexpr int kThreads = 256;

/// The sum over the block's values; thread 0 receives it.
__device__ inline float tree_sum(float value) {
  MDDNET_SHARED(float, sums, kThreads);
  const int thread = static_cast<int>(threadIdx.x);
  sums[thread] = value;
  for (int half = kThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (thread < half) sums[thread] += sums[thread + half];
  }
  return sums[0];
}

/// moments[3 n + place] = u_n . v_n.
__global__ void dot(const float* u, const float* v, std::int64_t count, int place, float* moments) {
  const std::int64_t base = std::int64_t{blockIdx.x} * count;
  float sum = 0.0f;
  for (std::int64_t i = threadIdx.x; i < count; i += kThreads) sum += u[base + i] * v[base + i];
  sum = tree_sum(sum);
  if (threadIdx.x == 0) moments[3 * blockIdx.x + static_cast<unsigned>(place)] = sum;
}

__global__ void loss(const float* moments, int images, float* to) {
  float sum = 0.0f;
  for (int n = 0; n < images; ++n) {
    sum += 1.0f - moments[3 * n + 2] / (sqrtf(moments[3 * n]) * sqrtf(moments[3 * n + 1]));
  }
  *to = sum / static_cast<float>(images);
}

/// Block (runs, image): to = factor_n a, with the factor of a's own part of the gradient.
__global__ void own_part(const float* a, const float* moments, std::int64_t count, int images, float* to) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const float* m = moments + 3 * blockIdx.y;
  const float factor = m[2] / (m[0] * sqrtf(m[0]) * sqrtf(m[1]) * static_cast<float>(images));
  to[blockIdx.y * count + i] = factor * a[blockIdx.y * count + i];
}

__global__ void other_part(const float* b, const float* moments, std::int64_t count, int images, float* to) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const float* m = moments + 3 * blockIdx.y;
  to[blockIdx.y * count + i] = -b[blockIdx.y * count + i] / (sqrtf(m[0]) * sqrtf(m[1]) * static_cast<float>(images));
}

__global__ void add(const float* part, float* to, std::int64_t elements) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < elements) to[i] += part[i];
}

}  // namespace mdd::lab::cosine_distance_v0
