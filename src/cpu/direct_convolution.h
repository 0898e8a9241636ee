// Convolutions as products of gathered rows with packed filters, by our own tiles of 6 positions x 16 channels: what
// Winograd's method does not cover (1x1, 7x7, transposed, gradients at stride 2), for processors with AVX2 and FMA.
//
// Every map here has the form
//   y[n, i * step + phase, j * step' + phase', k] = epilogue(sum over taps, c of x[n, i * stride + r, j * stride + s,
//   c] * w[tap, c, k]):
// a convolution is one such map; its data gradient (and a transposed convolution) is one for each phase of the stride.
#pragma once
#include <cstdint>

#include "core/shape.h"
#include "cpu/float_buffer.h"
#include "cpu/map_epilogue.h"
#include "ops/params.h"

namespace mdd::cpu {

/// A convolution from `wide` [N,H,W,C] to `narrow` [N,P,Q,K]; a transposed one leads back.
struct DirectProblem {
  ConvolutionGeometry geometry;
  Shape wide, narrow;
};

/// Whether this processor has the instructions, and both sides of the map fill whole vectors of channels (the narrow
/// stem of an encoder included). Where there are wider vectors, only for a transposed convolution and its gradients:
/// oneDNN has good kernels of that width for the others.
[[nodiscard]] bool direct_pays(const DirectProblem& problem, bool transposed);

class DirectConvolution {
 public:
  /// Panels [tap][outputs / 16][inputs][16] of w [K,R,R,C] for narrowing (wide to narrow): inputs C, outputs K.
  static const float* pack_narrowing(const DirectProblem& problem, const float* w, FloatBuffer& filters);
  /// Those of the same w for widening (narrow to wide): inputs K, outputs C.
  static const float* pack_widening(const DirectProblem& problem, const float* w, FloatBuffer& filters);

  void narrow(const DirectProblem& problem, const float* wide, const float* filters, const MapEpilogue<float>& epilogue,
              float* narrow);
  void widen(const DirectProblem& problem, const float* narrow, const float* filters,
             const MapEpilogue<float>& epilogue, float* wide);
  /// dw[k,r,s,c] = sum over positions of narrow[.., k] * wide[.., c] under tap (r, s). Overwrites. Not for
  /// the stem.
  void weight_gradient(const DirectProblem& problem, const float* wide, const float* narrow, float* dw);

 private:
  FloatBuffer padded_;  ///< the input of a stem with a border of zeros
  FloatBuffer blocks_;  ///< gathered rows
  FloatBuffer rows_;    ///< a block of the narrow map in panels of channels
};

}  // namespace mdd::cpu
