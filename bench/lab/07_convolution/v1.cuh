// v1, implicit GEMM: the convolution as a product of matrices, in square tiles.
//
//   Y[m,k] = sum_j X[m,j] W[k,j],   m = (n,p,q),  j = (r,s,c)
//
// X is never written out ("implicit"): the block fetches what a tile of it needs from x, zeros beyond the borders. A
// block makes 16 x 16 outputs, a thread one; 16 columns j at a time lie in shared memory.
// Why: a value fetched once serves 16 outputs.
// Gain: a sixteenth of the load requests, and even fewer sectors, because lanes now stand side by side along j.
// Price: two shared reads for every multiply-add, and what turns w over on its way into the tile meets a bank eight
// times.
// Requires channels % 16 == 0, so that 16 columns belong to one tap.
#pragma once
#include <cstdint>

#include "cuda/kernels/simt.h"

namespace mdd::lab::convolution_v1 {

inline constexpr int kTile = 16;

/// A 3x3 convolution, stride 1, padding 1.
struct Sizes {
  int images, side, channels, filters;
  __device__ std::int64_t positions() const { return std::int64_t{images} * side * side; }
};

/// Where column (r, s, 0) of row m of X lies in x, or -1 beyond the border.
__device__ inline std::int64_t place(const Sizes& g, std::int64_t m, int tap) {
  const int q = static_cast<int>(m % g.side) + tap % 3 - 1;
  const int p = static_cast<int>(m / g.side % g.side) + tap / 3 - 1;
  if (m >= g.positions() || p < 0 || p >= g.side || q < 0 || q >= g.side) return -1;
  return ((m / g.side / g.side * g.side + p) * g.side + q) * g.channels;
}

/// Grid (positions / 16, filters / 16), block (16, 16). Requires filters % 16 == 0.
__global__ void forward(const float* x, const float* w, float* y, Sizes g) {
  MDDNET_SHARED(float, of_x, kTile* kTile);
  MDDNET_SHARED(float, of_w, kTile* kTile);
  const int lane = static_cast<int>(threadIdx.x), row = static_cast<int>(threadIdx.y);
  const std::int64_t m = std::int64_t{blockIdx.x} * kTile + row;
  const int first = static_cast<int>(blockIdx.y) * kTile;
  const float* const filter = w + std::int64_t{first + row} * 9 * g.channels;
  float sum = 0.0f;
  for (int tap = 0; tap < 9; ++tap) {
    const std::int64_t at = place(g, m, tap);
    for (int c = 0; c < g.channels; c += kTile) {
      of_x[row * kTile + lane] = at < 0 ? 0.0f : x[at + c + lane];
      of_w[lane * kTile + row] = filter[tap * g.channels + c + lane];
      __syncthreads();
      for (int j = 0; j < kTile; ++j) sum += of_x[row * kTile + j] * of_w[j * kTile + lane];
      __syncthreads();
    }
  }
  if (m < g.positions()) y[m * g.filters + first + lane] = sum;
}

}  // namespace mdd::lab::convolution_v1
