// Adam over one flat buffer (spec S9), and the decision whether the step is taken.
//
// Layout  gradient, w, m, v: float [count]; copy: T [count], the 16-bit weights that convolutions read, or null; state:
//         double [kOptimizerStateSize]. kPack > 1 requires 16-byte alignment; any count.
// Cost    G + W + M + V read, W + M + V written, and the copy: 28 bytes a weight and 2 for the copy. Memory-bound.
// Design  The state stays on the device, so a step needs no word from the host: a first kernel of one block turns the
//         partial sums of squares into the gradient's scale, the second reads it. The powers of the bias correction are
//         f64 and cost hundreds of operations, so one thread of a block computes them for all. The 16-bit copy is
//         written in the pass that has the new weights in registers.
#pragma once
#include "ops/adam.h"
#include "pack.cuh"
#include "reductions.cuh"

namespace mdd::kernels {

/// Grid: one block. `partial`: sums of squares of the gradient.
__global__ void adam_decide(AdamParams params, const double* __restrict__ partial, std::int64_t count,
                            const float* __restrict__ loss, double* __restrict__ state) {
  const double squares = sum_of_partials(partial, count);
  if (threadIdx.x == 0) adam::decide(params, squares, *loss, state);
}

/// The flat buffers of a step.
template <class T>
struct AdamBuffers {
  const float* gradient;
  float *w, *m, *v;
  T* copy;
};

/// kPack weights from index i on.
template <int kPack, class T>
__device__ inline void adam_pack(const adam::StepFactors& factors, const AdamBuffers<T>& buffers, std::int64_t i) {
  const Pack<float, kPack> g = load_pack<kPack>(buffers.gradient + i);
  Pack<float, kPack> w = load_pack<kPack>(buffers.w + i), m = load_pack<kPack>(buffers.m + i),
                     v = load_pack<kPack>(buffers.v + i);
  for (int k = 0; k < kPack; ++k) adam::update(factors, g[k], w[k], m[k], v[k]);
  store_pack(buffers.w + i, w);
  store_pack(buffers.m + i, m);
  store_pack(buffers.v + i, v);
  if (buffers.copy != nullptr) {
    Pack<T, kPack> rounded;
    for (int k = 0; k < kPack; ++k) rounded[k] = from_float<T>(w[k]);
    store_pack(buffers.copy + i, rounded);
  }
}

template <class T, int kPack>
__global__ void adam_step(AdamParams params, const double* __restrict__ state, AdamBuffers<T> buffers,
                          std::int64_t count) {
  if (state[kGradientScale] == 0.0) return;  // the same for every thread
  MDDNET_SHARED(adam::StepFactors, shared_factors, 1);
  if (threadIdx.x == 0) shared_factors[0] = adam::step_factors(params, state);
  __syncthreads();
  const adam::StepFactors factors = shared_factors[0];
  const std::int64_t packs = count / kPack;
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  const std::int64_t thread = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  for (std::int64_t i = thread; i < packs; i += step) adam_pack<kPack>(factors, buffers, i * kPack);
  const std::int64_t rest = packs * kPack + thread;
  if (rest < count) adam_pack<1>(factors, buffers, rest);
}

}  // namespace mdd::kernels
