// Antialiased resizing of 8-bit images in fixed point, rows first: the same bytes as on the CPU.
//
//   between[n,h,q,c] = (2^21 + sum_i weights_q[i] * x[n, h, first_q + i, c]) / 2^22,   then likewise along columns
//
// Layout  x: u8 [rows, input, kChannels] with rows = N * H; between: u8 [rows, output, kChannels]; y: u8 [N, P,
//         stride] with stride = Q * C bytes. Windows and weights: core/triangle_filter.h.
// Cost    bytes = x + 2 between + y. One multiplication a byte and tap.
// Design  Along rows a thread makes one pixel: neighbours read overlapping windows, which the cache serves. Along
//         columns a thread makes kPack neighbouring bytes, whatever channels they belong to, from one access a tap.
#pragma once
#include "core/triangle_filter.h"
#include "pack.cuh"

namespace mdd::kernels {

template <int kChannels>
__global__ void resize_rows(const TriangleFilter::Window* __restrict__ windows,
                            const std::int32_t* __restrict__ weights, const std::uint8_t* __restrict__ x,
                            std::uint8_t* __restrict__ between, std::int64_t rows, int input, int output) {
  const std::int64_t stride = std::int64_t{gridDim.x} * blockDim.x;
  for (std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < rows * output; i += stride) {
    const std::int64_t row = i / output;
    const TriangleFilter::Window window = windows[i - row * output];
    const std::uint8_t* from = x + (row * input + window.first) * kChannels;
    std::int32_t sums[kChannels];
    for (int c = 0; c < kChannels; ++c) sums[c] = TriangleFilter::kHalf;
    for (int k = 0; k < window.count; ++k, from += kChannels) {
      const std::int32_t weight = weights[window.weight + k];
      for (int c = 0; c < kChannels; ++c) sums[c] += from[c] * weight;
    }
    for (int c = 0; c < kChannels; ++c) between[i * kChannels + c] = TriangleFilter::rounded(sums[c]);
  }
}

/// Requires that `stride` is a multiple of kPack and that packs are aligned.
template <int kPack>
__global__ void resize_columns(const TriangleFilter::Window* __restrict__ windows,
                               const std::int32_t* __restrict__ weights, const std::uint8_t* __restrict__ between,
                               std::uint8_t* __restrict__ y, std::int64_t images, int input, int output, int stride) {
  const std::int64_t packs_a_row = stride / kPack, packs = images * output * packs_a_row;
  const std::int64_t step = std::int64_t{gridDim.x} * blockDim.x;
  for (std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < packs; i += step) {
    const std::int64_t row = i / packs_a_row, image = row / output;
    const std::int64_t column = (i - row * packs_a_row) * kPack;
    const TriangleFilter::Window window = windows[row - image * output];
    const std::uint8_t* from = between + (image * input + window.first) * stride + column;
    std::int32_t sums[kPack];
    for (int j = 0; j < kPack; ++j) sums[j] = TriangleFilter::kHalf;
    for (int k = 0; k < window.count; ++k, from += stride) {
      const std::int32_t weight = weights[window.weight + k];
      const Pack<std::uint8_t, kPack> values = load_pack<kPack>(from);
      for (int j = 0; j < kPack; ++j) sums[j] += values[j] * weight;
    }
    Pack<std::uint8_t, kPack> out;
    for (int j = 0; j < kPack; ++j) out[j] = TriangleFilter::rounded(sums[j]);
    store_pack(y + row * stride + column, out);
  }
}

}  // namespace mdd::kernels
