// The encoder that the program carries in itself, so that nothing has to be fetched before the first run.
#pragma once
#include <memory>
#include <string_view>

#include "weights/archive.h"

namespace mdd::weights {

/// What --weights calls it, and the architecture that it is.
inline constexpr std::string_view kBundledName = "bundled";
inline constexpr std::string_view kBundledEncoder = "resnet18";

/// weights/resnet18-procedural.safetensors, as it was when the program was built: trained by `mddnet pretrain` on
/// generated pictures only, see weights/README.md.
[[nodiscard]] std::unique_ptr<TensorArchive> open_bundled_encoder();

/// The bundled encoder for kBundledName, else open_archive(path).
[[nodiscard]] std::unique_ptr<TensorArchive> open_encoder(const std::string& name_or_path);

}  // namespace mdd::weights
