// Which encoder a file belongs to.
#pragma once
#include <string>

#include "weights/archive.h"

namespace mdd::weights {

/// "resnet18", "resnet34", "resnet50", "wide_resnet50_2" (spec S2), or "" if the names and shapes of the stem, of the
/// first block and the number of blocks in layer1..3 fit none. Names may start with "encoder.", as in our checkpoints.
/// A guess for people and defaults; whoever loads an encoder checks every tensor.
[[nodiscard]] std::string guess_encoder(const TensorArchive& archive);

}  // namespace mdd::weights
