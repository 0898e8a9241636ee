// The decoders (spec S5): the encoder's mirror image, from z back to features at strides 16, 8, 4.
#pragma once
#include "model/encoder.h"

namespace mdd {

class Decoder {
 public:
  Decoder(ParameterStore& store, const std::string& prefix, const Architecture& architecture);
  /// z [N, S/32, S/32, D] -> features shaped like the encoder's F1, F2, F3.
  [[nodiscard]] Features forward(Tape& tape, const Variable& z);
  void visit(const std::function<void(ConvolutionUnit&)>& visitor);

 private:
  std::vector<ResidualStage> stages_;
};

}  // namespace mdd
