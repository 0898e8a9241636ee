// An opened weights file, as the reader of the model's state dict wants it.
#pragma once
#include "model/state_dict.h"
#include "weights/archive.h"

namespace mdd {

/// Requires that the archive outlives the source.
[[nodiscard]] inline TensorSource source_of(const weights::TensorArchive& archive) {
  TensorSource source;
  source.where = archive.path().string();
  for (const weights::TensorInfo& info : archive.tensors()) source.tensors.emplace_back(info.name, info.shape);
  source.read = [&archive](const std::string& name) { return archive.read(name); };
  return source;
}

}  // namespace mdd
