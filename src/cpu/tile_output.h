// What becomes of the sums of a tile that lies in registers.
#pragma once

namespace mdd::cpu {

/// c[i][j] = relu?(sum + (accumulate ? c[i][j] : 0) + bias[j] + residual[i][j]) for up to `Rows` rows.
template <int Rows>
struct TileOutput {
  float* c[Rows];
  const float* residual[Rows];  ///< read only if has_residual
  const float* bias = nullptr;  ///< one a column; nullptr = none
  bool stream = false;          ///< past the caches, if the tile can: c on a cache line's boundary
  bool accumulate = false, has_residual = false, relu = false;
};

}  // namespace mdd::cpu
