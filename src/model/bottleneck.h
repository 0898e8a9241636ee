// The one-class bottleneck (spec S3): brings the three levels to stride 16, concatenates, and squeezes to stride 32.
#pragma once
#include "model/encoder.h"

namespace mdd {

class OneClassBottleneck {
 public:
  OneClassBottleneck(ParameterStore& store, const std::string& prefix, const Architecture& architecture);
  /// Features of N images of side S -> z [N, S/32, S/32, D].
  [[nodiscard]] Variable forward(Tape& tape, const Features& features);
  void visit(const std::function<void(ConvolutionUnit&)>& visitor);

 private:
  ConvolutionUnit reduce1a_, reduce1b_, reduce2_;
  ResidualStage stage_;
};

}  // namespace mdd
