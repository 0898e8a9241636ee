// What `mddnet weights convert` and `mddnet weights inspect` do.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "core/dtype.h"
#include "weights/archive.h"

namespace mdd::weights {

/// Writes all tensors of `archive` to a safetensors file, one in memory at a time, in the archive's order. Metadata is
/// kept; "format" = "pt" (which PyTorch's tools look for) and "source" = the file's name are added where absent.
/// With `floats_as` (kF32, kF16 or kBF16) floating tensors are rounded to that type; integers and booleans stay.
/// Throws Error(kUsage) for another type, Error(kData) if a tensor cannot be read or a finite value would become
/// infinite, Error(kRuntime) if writing fails; `out` is untouched then.
void convert_to_safetensors(const TensorArchive& archive, const std::filesystem::path& out,
                            std::optional<DType> floats_as);

/// Several lines for a person: format, counts, likely encoder, metadata, then a line for each tensor with name, element
/// type and shape in columns. "parameters" leaves out batch-norm statistics, as the literature's counts do.
[[nodiscard]] std::string describe(const TensorArchive& archive);

}  // namespace mdd::weights
