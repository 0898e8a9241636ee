// v2: unit rows first, then two products of matrices in tiles, with a softmax in between.
//
// Why: cosines of all queries with all prototypes are one matrix product, and the read is another. In a tile of 32 x
// 32 a prototype that is fetched once serves 32 queries, and norms are computed once a row.
// Gain: a third of the loaded sectors, an eighth of the load requests.
// Price: norms and softmax, a thread a row, read and write with lanes that stand a row apart: more than ten times the
// stored sectors, and most of the loads that are left.
#pragma once
#include <cstdint>

#include "cuda/kernels/simt.h"
#include "ops/memory_arithmetic.h"

namespace mdd::lab::memory_read_v2 {

inline constexpr int kTile = 32;

/// c[m,n] = a[m,k] b, b is [k,n], or [n,k] if transposed. Grid (n / 32, m / 32), block (32, 32), a thread an element.
template <bool kTransposed>
__global__ void multiply(const float* a, const float* b, float* c, int m, int n, int k) {
  MDDNET_SHARED(float, of_a, kTile* kTile);
  MDDNET_SHARED(float, of_b, kTile*(kTile + 1));
  const int lane = static_cast<int>(threadIdx.x), line = static_cast<int>(threadIdx.y);
  const int row = static_cast<int>(blockIdx.y) * kTile + line, column = static_cast<int>(blockIdx.x) * kTile + lane;
  float sum = 0.0f;
  for (int first = 0; first < k; first += kTile) {
    of_a[line * kTile + lane] = row < m && first + lane < k ? a[std::int64_t{row} * k + first + lane] : 0.0f;
    if constexpr (kTransposed) {  // lanes along k, then turned
      const int other = static_cast<int>(blockIdx.x) * kTile + line;
      of_b[lane * (kTile + 1) + line] =
          other < n && first + lane < k ? b[std::int64_t{other} * k + first + lane] : 0.0f;
    } else {
      of_b[line * (kTile + 1) + lane] =
          first + line < k && column < n ? b[std::int64_t{first + line} * n + column] : 0.0f;
    }
    __syncthreads();
    for (int i = 0; i < kTile; ++i) sum += of_a[line * kTile + i] * of_b[i * (kTile + 1) + lane];
    __syncthreads();
  }
  if (row < m && column < n) c[std::int64_t{row} * n + column] = sum;
}

/// unit = x / |x|, a thread a row.
__global__ void unit_rows(const float* x, int rows, int columns, float* unit) {
  const int row = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (row >= rows) return;
  float squares = 0.0f;
  for (int d = 0; d < columns; ++d) squares += x[std::int64_t{row} * columns + d] * x[std::int64_t{row} * columns + d];
  const float scale = class_memory::inverse_norm(squares);
  for (int d = 0; d < columns; ++d) unit[std::int64_t{row} * columns + d] = scale * x[std::int64_t{row} * columns + d];
}

/// In place, a thread a row.
__global__ void softmax(float* cosines, int rows, int columns, float inverse_temperature) {
  const int at = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (at >= rows) return;
  float* const row = cosines + std::int64_t{at} * columns;
  float largest = -INFINITY, sum = 0.0f;
  for (int j = 0; j < columns; ++j) largest = row[j] > largest ? row[j] : largest;
  for (int j = 0; j < columns; ++j) {
    row[j] = class_memory::softmax_power(row[j], largest, inverse_temperature);
    sum += row[j];
  }
  for (int j = 0; j < columns; ++j) row[j] /= sum;
}

}  // namespace mdd::lab::memory_read_v2
