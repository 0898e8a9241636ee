// Small checks for values that come from an untrusted file.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/dtype.h"
#include "core/shape.h"

namespace mdd::weights {

/// Text from a file, fit for a terminal: everything but printable ASCII becomes \xHH, so that a tensor name cannot
/// carry escape sequences; beyond 160 characters it is cut and ends in "...".
[[nodiscard]] std::string printable(std::string_view text);

/// A Shape, with `where` ahead of the message if it is refused. Throws Error(kData).
[[nodiscard]] Shape checked_shape(const std::string& where, std::span<const std::int64_t> extents);

/// Bytes of a dense tensor. Throws Error(kData) starting with `where` if they exceed `limit`.
[[nodiscard]] std::uint64_t checked_bytes(const std::string& where, const Shape& shape, DType dtype,
                                          std::uint64_t limit);

}  // namespace mdd::weights
