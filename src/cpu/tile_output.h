// What becomes of the sums of a tile that lies in registers.
#pragma once

namespace mdd::cpu {

/// With sum += sums[i][j] where it continues: sums[i][j] = sum if that is not the end, else
/// c[i][j] = relu?(sum + bias[j] + residual[i][j]), for up to `Rows` rows. `Value`: of the map.
template <int Rows, class Value>
struct TileOutput {
  float* sums[Rows];            ///< untouched by a sum that is complete in one piece
  Value* c[Rows];               ///< of the end
  const Value* residual[Rows];  ///< read only if has_residual
  const float* bias = nullptr;  ///< one a column; nullptr = none
  bool continues = false, ends = false;
  bool stream = false;  ///< past the caches, if the tile can: c on a cache line's boundary
  bool has_residual = false, relu = false;
};

}  // namespace mdd::cpu
