// Shapes of the residual encoders, and of everything that mirrors them (spec S2, S3, S5).
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace mdd {

enum class BlockKind : std::uint8_t {
  kBasic,       ///< two 3x3 convolutions
  kBottleneck,  ///< 1x1, 3x3, 1x1; the last has four times the planes
};

struct Architecture {
  std::string name;
  BlockKind block = BlockKind::kBasic;
  std::array<std::int64_t, 3> blocks{};  ///< residual blocks of encoder stages 1..3; the decoders mirror them
  std::int64_t bottleneck_blocks = 1;    ///< residual blocks of the one-class bottleneck
  std::int64_t base = 64;                ///< channels of the stem; stage s has base * 2^(s-1) planes
  std::int64_t width_per_group = 64;     ///< of encoder and decoders
  std::int64_t bottleneck_width = 64;    ///< of the one-class bottleneck: 128 (RD4AD) or 64 (ADer)

  [[nodiscard]] std::int64_t expansion() const { return block == BlockKind::kBasic ? 1 : 4; }
  /// Channels of feature level 0..2 (strides 4, 8, 16).
  [[nodiscard]] std::int64_t channels(std::int64_t level) const { return (base << level) * expansion(); }
  /// Channels of the bottleneck's output z.
  [[nodiscard]] std::int64_t embedding() const { return base * 8 * expansion(); }
};

/// Names of all encoders: resnet18, resnet34, resnet50, wide_resnet50_2, and tiny_basic, tiny_bottleneck for tests.
[[nodiscard]] std::span<const Architecture> architectures();
/// Throws Error(kUsage) that lists the names.
[[nodiscard]] const Architecture& architecture(const std::string& name);
/// Throws Error(kUsage) unless side is a multiple of 32 from 64 up (at most 4096).
void check_image_side(std::int64_t side);

}  // namespace mdd
