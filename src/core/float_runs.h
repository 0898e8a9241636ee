// Loops over many numbers at once, for files whose opening should take no longer than reading them.
#pragma once
#include <cstdint>
#include <span>

namespace mdd {

/// floats[i] = the value of halves[i], as float_from_half gives it, but a NaN keeps its payload. Requires equal sizes.
void floats_from_halves(std::span<const std::uint16_t> halves, std::span<float> floats) noexcept;

/// Whether no value is infinite or NaN.
[[nodiscard]] bool all_finite(std::span<const float> values) noexcept;

}  // namespace mdd
