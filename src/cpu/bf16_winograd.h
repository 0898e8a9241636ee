// The forward pass of winograd.h with transformed tiles and filters rounded to bf16 and products summed in f32, for
// processors with AVX512-BF16. Four times the products that a direct bf16 convolution saves cost accuracy: rounding
// errors grow by a factor of about four (1e-2 of the outputs' spread, where a direct one loses 2.4e-3; of about two
// and a half at stride 2), which is why gradients stay in f32.
#pragma once
#include "cpu/bf16_values.h"
#include "cpu/winograd.h"

namespace mdd::cpu {

/// Whether this processor has the instructions and both sides fill whole vectors of 32 channels. The rest is
/// winograd_pays()'s to say.
[[nodiscard]] bool bf16_winograd_pays(const WinogradShape& shape);

class Bf16Winograd {
 public:
  /// Filters of Winograd::prepare_forward as panels [36][outputs / 32][inputs / 2][32][2] of bf16.
  static const float* pack(const WinogradShape& shape, const float* prepared, FloatBuffer& filters);

  /// y = relu?(convolution(x) + bias? + residual?), both maps of float or of Bf16. `filters` as packed: pairs of bf16
  /// numbers in memory that is named after floats.
  template <class Value>
  void forward(const WinogradShape& shape, const Value* x, const float* filters, const MapEpilogue<Value>& epilogue,
               Value* y);

 private:
  FloatBuffer inputs_, products_;  ///< of a block of tiles
};

}  // namespace mdd::cpu
