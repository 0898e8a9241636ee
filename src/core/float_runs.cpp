#include "core/float_runs.h"

#include <bit>
#include <cstddef>

namespace mdd {

void floats_from_halves(std::span<const std::uint16_t> halves, std::span<float> floats) noexcept {
  // Moved into float's place, exponent and fraction mean 2^-112 of what they meant; the product is exact, and right for
  // halves below 2^-14, too. The largest exponent stands for infinity and NaN in both formats.
  constexpr std::uint32_t kSpecial = 0x7c00u << 13, kInfinity = 0x7f800000u;
  const auto scale = std::bit_cast<float>(std::uint32_t{(127 + 112) << 23});
  for (std::size_t i = 0; i < halves.size(); ++i) {
    const std::uint32_t half = halves[i];
    const std::uint32_t magnitude = (half & 0x7fffu) << 13;
    const auto finite = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) * scale);
    const std::uint32_t value = magnitude >= kSpecial ? magnitude | kInfinity : finite;
    floats[i] = std::bit_cast<float>(value | (half & 0x8000u) << 16);
  }
}

bool all_finite(std::span<const float> values) noexcept {
  constexpr std::uint32_t kExponent = 0x7f800000u;
  std::uint32_t found = 0;
  for (const float value : values) {
    found |= (std::bit_cast<std::uint32_t>(value) & kExponent) == kExponent ? 1u : 0u;
  }
  return found == 0;
}

}  // namespace mdd
