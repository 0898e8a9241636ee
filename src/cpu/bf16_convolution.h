// The maps of direct_convolution.h with factors rounded to bf16 and products summed in f32, for processors with
// AVX512-BF16, which multiply such numbers twice as fast.
#pragma once
#include "cpu/bf16_values.h"
#include "cpu/direct_convolution.h"

namespace mdd::cpu {

/// Whether this processor has the instructions and both sides fill whole vectors of 32 channels.
[[nodiscard]] bool bf16_pays(const DirectProblem& problem);

/// The interface is DirectConvolution's, so that one template calls either (own_convolution.cpp); there is no weight
/// gradient in bf16.
class Bf16Convolution {
 public:
  /// Panels [tap][outputs / 32][inputs / 2][32][2] of w [K,R,R,C] as bf16, for narrowing: inputs C, outputs K.
  static const float* pack_narrowing(const DirectProblem& problem, const float* w, FloatBuffer& filters);
  /// Those of the same w for widening: inputs K, outputs C.
  static const float* pack_widening(const DirectProblem& problem, const float* w, FloatBuffer& filters);

  // `filters` as packed: pairs of bf16 numbers in memory that is named after floats. Both maps are of float or of Bf16.
  template <class Value>
  void narrow(const DirectProblem& problem, const Value* wide, const float* filters, const MapEpilogue<Value>& epilogue,
              Value* narrow);
  template <class Value>
  void widen(const DirectProblem& problem, const Value* narrow, const float* filters,
             const MapEpilogue<Value>& epilogue, Value* wide);

 private:
  FloatBuffer blocks_;  ///< gathered rows
};

}  // namespace mdd::cpu
