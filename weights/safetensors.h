// Writing safetensors: 8 bytes of header length (little-endian), a JSON header, then the elements of all tensors.
// Reading goes through open_archive.
#pragma once
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/atomic_file.h"
#include "core/tensor.h"
#include "weights/archive.h"

namespace mdd::weights {

struct NamedTensor {
  std::string name;
  Tensor tensor;  ///< in host memory, densely packed; must stay alive during the write
};

/// Writes the tensors to `path`, whole or not at all, without copying them. The header lists them in the given order
/// and is padded with spaces to a multiple of 8 bytes; elements are laid out by falling element size, so that each
/// tensor is aligned to its element, as the format's own library does.
/// Throws Error(kData) for a repeated or reserved name or text that is not UTF-8, Error(kRuntime) if writing fails.
void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                       const std::map<std::string, std::string>& metadata);

/// The same for tensors that own their elements.
using OwnedTensors = std::vector<std::pair<std::string, HostTensor>>;
void write_safetensors_of(const std::filesystem::path& path, OwnedTensors&& tensors,
                          const std::map<std::string, std::string>& metadata);

/// Sends the elements of tensor number `index` to the sink: exactly as many bytes as its TensorInfo says.
using TensorProducer = std::function<void(std::size_t index, const ByteSink& sink)>;

/// The same for tensors that are produced one at a time, each exactly once, when their turn comes.
void write_safetensors(const std::filesystem::path& path, std::span<const TensorInfo> tensors,
                       const std::map<std::string, std::string>& metadata, const TensorProducer& produce);

}  // namespace mdd::weights
