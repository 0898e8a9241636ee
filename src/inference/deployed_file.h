// What `mddnet export` writes: a trained run as one self-contained file for inference.
//
// A safetensors file. Metadata: "format" = "mddnet-deployed", "version", "config" (config.json), "thresholds"
// (thresholds.json; absent if training has not finished), "checksum". Tensors: the folded network as it lies in memory,
// see reserve_folded, so that opening is reading; filters and prototypes in f32 or f16, biases in f32.
//
// The checksum (core/checksum.h) is that of the other metadata, key and value in the order of the keys, and of every
// tensor in the header's order, name and elements, each filled up to whole words. Files made before there was one lack
// it.
#pragma once
#include "inference/run_folder.h"

namespace mdd {

/// `storage`: kF32 or kF16 of filters and prototypes. The file appears whole or not at all. Throws Error(kUsage) for
/// another type, Error(kData) if a value is too large for it, Error(kRuntime) if writing fails.
void write_deployed(const std::filesystem::path& path, const TrainedRun& run, DType storage);

/// Throws Error(kData) naming the archive: no such file, of another version, without or with damaged metadata, tensors
/// that are missing, surplus, misshapen or not finite, another checksum than it states. Memory for the network is
/// reserved only when the file is known to have it whole.
[[nodiscard]] TrainedRun open_deployed(Backend& backend, const weights::TensorArchive& archive);

}  // namespace mdd
