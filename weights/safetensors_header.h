// The JSON header of a safetensors file, read without building a JSON tree: memory stays proportional to the header.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "weights/archive.h"

namespace mdd::weights {

/// The limit that the format's own library sets.
inline constexpr std::uint64_t kMaxSafetensorsHeader = 100'000'000;

struct SafetensorsHeader {
  struct Range {
    std::uint64_t begin = 0;  ///< bytes from the first byte after the header
    std::uint64_t end = 0;
  };
  std::vector<TensorInfo> tensors;
  std::vector<Range> ranges;  ///< one for each tensor
  std::map<std::string, std::string> metadata;
};

/// "F32", "BF16", "BOOL" ... as the header spells the element type.
[[nodiscard]] std::string_view safetensors_name_of(DType dtype) noexcept;

/// Parses and checks the whole header: one JSON object, no repeated key, known types, at most 5 dimensions, ranges that
/// have the size of their shape and together cover the `data_bytes` bytes after the header without gap or overlap.
/// Throws Error(kData) starting with `where`.
[[nodiscard]] SafetensorsHeader parse_safetensors_header(const std::string& where, std::string_view text,
                                                         std::uint64_t data_bytes);

}  // namespace mdd::weights
