// Which encoder to use, when the command line says only half of it or nothing.
#pragma once
#include <string>

namespace mdd::cli {

struct EncoderChoice {
  std::string encoder;  ///< a name of model/architecture.h
  std::string weights;  ///< a file, "bundled" or "random"
  std::string note;     ///< what was assumed, for people; empty if nothing was
};

/// Nothing said: the bundled resnet18. Only an encoder: the bundled weights if it is that one. Only weights: the
/// encoder that the file looks like. Throws Error(kUsage) if an encoder needs a file and none is named, or does not go
/// with the bundled weights; Error(kData) for a file that cannot be read or fits no encoder.
[[nodiscard]] EncoderChoice choose_encoder(const std::string& encoder, const std::string& weights);

}  // namespace mdd::cli
