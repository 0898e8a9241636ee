// Sums over whole tensors, of f(element) for some f: sum_i f(x_i).
//
// Layout  flat float arrays; kPack elements an access; kPack > 1 requires 16-byte alignment. Any count.
// Cost    every input is read once. Memory-bound.
// Design  Two stages of fixed geometry: the result depends on the values alone. Stage one gives each block kSumRun
//         elements: a thread adds a few packs in f32, the block adds its threads pairwise, and one f64 partial goes
//         out. Stage two, one block, adds the partials in f64 and does with the sum what the caller's kernel says.
#pragma once
#include "pack.cuh"
#include "reduce.cuh"

namespace mdd::kernels {

/// Elements that one block of stage one sums.
inline constexpr std::int64_t kSumRun = 4096;

/// x
struct Value {
  const float* x;
  template <int kPack>
  __device__ float sum(std::int64_t at) const {
    const Pack<float, kPack> v = load_pack<kPack>(x + at);
    float out = 0.0f;
    for (int i = 0; i < kPack; ++i) out += v[i];
    return out;
  }
};

/// x^2
struct Square {
  const float* x;
  template <int kPack>
  __device__ float sum(std::int64_t at) const {
    const Pack<float, kPack> v = load_pack<kPack>(x + at);
    float out = 0.0f;
    for (int i = 0; i < kPack; ++i) out += v[i] * v[i];
    return out;
  }
};

/// |x - target|
struct AbsoluteDifference {
  const float* x;
  const float* target;
  template <int kPack>
  __device__ float sum(std::int64_t at) const {
    const Pack<float, kPack> a = load_pack<kPack>(x + at), b = load_pack<kPack>(target + at);
    float out = 0.0f;
    for (int i = 0; i < kPack; ++i) out += fabsf(a[i] - b[i]);
    return out;
  }
};

/// Stage one. Grid: a block for every kSumRun elements.
template <class Term, int kPack>
__global__ void partial_sums(Term term, std::int64_t count, double* __restrict__ partial) {
  const std::int64_t begin = static_cast<std::int64_t>(blockIdx.x) * kSumRun;
  const std::int64_t end = begin + kSumRun < count ? begin + kSumRun : count;
  const std::int64_t whole_packs = end - (end - begin) % kPack;
  const std::int64_t step = static_cast<std::int64_t>(blockDim.x) * kPack;
  float total = 0.0f;
  for (std::int64_t i = begin + static_cast<std::int64_t>(threadIdx.x) * kPack; i < whole_packs; i += step) {
    total += term.template sum<kPack>(i);
  }
  const std::int64_t rest = whole_packs + threadIdx.x;
  if (rest < end) total += term.template sum<1>(rest);
  total = block_sum(total);
  if (threadIdx.x == 0) partial[blockIdx.x] = static_cast<double>(total);
}

/// Sum of the partials, for stage two; every thread of the (one) block receives it.
__device__ inline double sum_of_partials(const double* partial, std::int64_t count) {
  double total = 0.0;
  for (std::int64_t i = threadIdx.x; i < count; i += blockDim.x) total += partial[i];
  return block_sum(total);
}

}  // namespace mdd::kernels
