// 3x3 convolutions by Winograd's minimal filtering. At stride 1, F(4x4, 3x3): 36 products where the formula has 144, so
// that a convolution may run at several times what the processor's multipliers allow the direct method.
//
//   forward           y  = A^T [sum_c (G w G^T) * (B^T x B)] A         per tile of 4x4 outputs from 6x6 inputs
//   data gradient     the same on dy, with the filters turned by 180 degrees and their axes exchanged
//   weight gradient   dw = G^T [sum_tiles (A dy A^T) * (B^T x B)] G
//
// with * elementwise over the 36 positions and the sums as matrix products, one a position. The points of interpolation
// are 0, +-5/8, +-3/2 and infinity: among those exact in binary they lose the least (relative error 0.8e-6 on sums of
// 1,152 terms, against 1.8e-6 for the usual 0, +-1, +-2), about as much as summing directly does.
//
// At stride 2, forward, 81 products for 144: the inputs split by the parity of row and column into four maps of stride
// 1, which meet 2x2, 2x1, 1x2 and 1x1 taps. All four share the output's points +-1/2, +-5/4 and infinity (where a
// single tap contributes nothing), so that their products are summed before they are brought back. Source: A. Lavin, S.
// Gray, "Fast Algorithms for Convolutional Neural Networks", arXiv 1509.09308.
#pragma once
#include <cstdint>

#include "core/shape.h"
#include "cpu/float_buffer.h"
#include "cpu/map_epilogue.h"
#include "ops/params.h"

namespace mdd::cpu {

/// An image map [N,H,W,channels] seen by a 3x3 convolution of padding 1, `inputs` channels to `outputs`.
struct WinogradShape {
  std::int64_t images = 0, height = 0, width = 0, inputs = 0, outputs = 0;
  std::int64_t stride = 1;  ///< 2 in forward passes only
  [[nodiscard]] std::int64_t output_height() const { return (height - 1) / stride + 1; }
  [[nodiscard]] std::int64_t output_width() const { return (width - 1) / stride + 1; }
  [[nodiscard]] std::int64_t tile_columns() const { return (output_width() + 3) / 4; }
  [[nodiscard]] std::int64_t tiles() const { return images * ((output_height() + 3) / 4) * tile_columns(); }
};

/// Whether this processor has the instructions (AVX2 and FMA), and the method the advantage: full vectors of channels,
/// and enough tiles that reading 36 values a filter instead of 9 pays. At stride 2, for the forward pass alone.
[[nodiscard]] bool winograd_pays(const ConvolutionGeometry& geometry, const Shape& x, std::int64_t outputs);

inline constexpr std::int64_t kWinogradFilters = 36;  ///< transformed ones of each filter, at either stride

class Winograd {
 public:
  /// Filters brought to the 36 positions, in the order in which products read them, for y = convolution(x):
  /// w [outputs,3,3,inputs].
  static const float* prepare_forward(const WinogradShape& shape, const float* w, FloatBuffer& filters);
  /// The same for dx from dy. `shape` is that of the map that is computed: its inputs are w's outputs.
  static const float* prepare_backward_data(const WinogradShape& shape, const float* w, FloatBuffer& filters);

  /// y = relu?(convolution(x) + bias? + residual?).
  void forward(const WinogradShape& shape, const float* x, const float* filters, const MapEpilogue<float>& epilogue,
               float* y);
  /// dw [outputs,3,3,inputs] of the convolution of x (overwrites).
  void backward_weights(const WinogradShape& shape, const float* x, const float* dy, float* dw);

 private:
  FloatBuffer inputs_, products_, gradients_;  ///< of a block of tiles
};

}  // namespace mdd::cpu
