// The frozen teacher (spec S2): a torchvision ResNet cut after layer3, batch norm folded into its convolutions.
#pragma once
#include "model/residual_stage.h"

namespace mdd {

/// Feature maps at strides 4, 8, 16.
using Features = std::array<Variable, 3>;

class Encoder {
 public:
  /// Declares "<prefix>conv1.weight", "<prefix>bn1...", "<prefix>layer1..3...".
  Encoder(ParameterStore& store, const std::string& prefix, const Architecture& architecture);

  /// images [N,S,S,3], features, normalised -> F1, F2, F3. Requires fold(). No gradient.
  [[nodiscard]] Features forward(Tape& tape, const Variable& images);
  /// The same with batch statistics on a training tape, for an encoder that is itself being trained.
  [[nodiscard]] Features forward_trained(Tape& tape, const Variable& images);
  void fold();
  /// Sets every batch norm's statistics to those of these images, layer after layer: the least that an encoder with
  /// random weights needs to be of use. Folds as it goes. On a training tape, whose features have statistics.
  void calibrate(Tape& tape, const Variable& images);

 private:
  [[nodiscard]] Features run(Tape& tape, const UnitRunner& runner, const Variable& images);

  ConvolutionUnit stem_;
  std::vector<ResidualStage> stages_;
};

}  // namespace mdd
