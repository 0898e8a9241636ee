// The clauses that every backend's convolutions require of their operands.
#pragma once
#include "ops/params.h"

namespace mdd {

/// `wide` is the side of the input of a plain convolution, `strided` that of its output, `weights` its filter's shape.
inline void check_convolution(const ConvolutionGeometry& g, const Shape& wide, const Shape& strided,
                              const Shape& weights) {
  require(wide.rank() == 4 && strided.rank() == 4 && weights.rank() == 4, "convolution operands have four dimensions");
  require(wide[0] == strided[0] && g.output(wide[1]) == strided[1] && g.output(wide[2]) == strided[2],
          "convolution output extent");
  require(weights[0] == strided[3] && weights[1] == g.kernel && weights[2] == g.kernel && weights[3] == wide[3],
          "convolution weight shape");
}

inline void check_epilogue(const Epilogue& epilogue, const Shape& output) {
  require(!epilogue.bias.defined() || epilogue.bias.elements() == output[3], "bias has a value per channel");
  require(!epilogue.residual.defined() || epilogue.residual.shape == output, "residual is shaped like the output");
}

}  // namespace mdd
