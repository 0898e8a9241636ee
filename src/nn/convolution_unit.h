// Convolution (or its transpose), batch norm, optional residual, optional ReLU: the only layer that MDD-Net is made of.
// In training the two run apart, with the statistics of the batch; frozen or at inference the batch norm is folded into
// the weights and everything is one fused convolution.
#pragma once
#include "nn/parameter_store.h"

namespace mdd {

struct ConvolutionUnitShape {
  std::int64_t in = 0, out = 0;
  ConvolutionGeometry geometry;
  bool transposed = false;
};

class ConvolutionUnit {
 public:
  /// Declares "<convolution>.weight" and "<norm>.weight, .bias, .running_mean, .running_var"; in a folded store
  /// "<convolution>.weight, .bias".
  ConvolutionUnit(ParameterStore& store, const std::string& convolution, const std::string& norm,
                  const ConvolutionUnitShape& shape);

  /// relu?(norm(convolution(x)) + residual?). An inference tape needs fold() first; a training tape, a plain store.
  [[nodiscard]] Variable forward(Tape& tape, const Variable& x, const Variable& residual, bool relu) const;

  /// Computes folded copies of weights and bias from the current values (nn/folding.h); nothing to do in a folded
  /// store. The backend must forget packed filters afterwards.
  void fold();
  /// Gives the copies back.
  void unfold() { folded_ = {}; }
  /// Forward with the folded weights even on a training tape (the frozen encoder).
  [[nodiscard]] Variable forward_folded(Tape& tape, const Variable& x, const Variable& residual, bool relu) const;
  /// Sets the running statistics to those of this input's convolution, then folds and returns forward_folded. Used to
  /// calibrate an encoder that has no trained weights.
  [[nodiscard]] Variable calibrate(Tape& tape, const Variable& x, const Variable& residual, bool relu);

 private:
  [[nodiscard]] Shape output_shape(const Shape& in) const;
  [[nodiscard]] bool is_plain() const { return gamma_ != nullptr; }

  ParameterStore* store_;
  ConvolutionUnitShape shape_;
  Parameter* weight_;
  Parameter *gamma_ = nullptr, *beta_ = nullptr, *running_mean_ = nullptr, *running_variance_ = nullptr;  ///< if plain
  Parameter* bias_ = nullptr;                                                                             ///< if folded
  Buffer folded_;  ///< copies of a plain store's weights, then the bias
};

}  // namespace mdd
