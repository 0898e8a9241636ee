// One way in for each format: for open_archive, which has looked at the first bytes, and for content in memory.
#pragma once
#include <memory>
#include <string_view>

#include "weights/archive.h"
#include "weights/input_file.h"

namespace mdd::weights {

/// The ten little-endian bytes of 0x1950a86a20f9469cfc6c, with which the first pickle of a legacy file is filled.
inline constexpr std::string_view kLegacyMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);

/// All throw Error(kData) naming the file.
[[nodiscard]] std::unique_ptr<TensorArchive> open_safetensors(InputFile file);
[[nodiscard]] std::unique_ptr<TensorArchive> open_torch_zip(InputFile file);
[[nodiscard]] std::unique_ptr<TensorArchive> open_torch_legacy(InputFile file);

}  // namespace mdd::weights
