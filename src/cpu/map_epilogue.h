// What is added to a convolution's sums.
#pragma once

namespace mdd::cpu {

/// Absent = nullptr. `Value`: of the map, float or the bits of a bf16 number.
template <class Value>
struct MapEpilogue {
  const float* bias = nullptr;      ///< one a channel
  const Value* residual = nullptr;  ///< as large as the outputs; may be their own memory
  bool relu = false;
};

}  // namespace mdd::cpu
