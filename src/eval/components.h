// Connected components of a binary mask.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace mdd::eval {

struct Components {
  std::vector<std::int32_t> labels;  ///< H x W; 0 = background, 1 .. areas.size() = component, in reading order
  std::vector<std::int64_t> areas;   ///< pixels of component i + 1
};

/// 8-connected components of the non-zero pixels of `mask` (H x W, row-major). Two passes with union-find.
/// Throws Error(kRuntime) if the extents do not match the mask or exceed 2^31 - 2 pixels.
[[nodiscard]] Components label_components(std::span<const std::uint8_t> mask, std::int64_t height, std::int64_t width);

}  // namespace mdd::eval
