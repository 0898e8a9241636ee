// Counter-based randomness: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011). A draw is a pure function of (seed, epoch, item, purpose, index), so that every machine, backend, thread
// count and resumed run sees the same numbers (spec S7). Standard library only, integer arithmetic only.
#pragma once
#include <array>
#include <cstdint>

namespace mdd {

/// What a stream is for; two purposes never share numbers. The values are part of every seed's meaning: append only.
enum class Purpose : std::uint32_t {
  kInitialise = 0,  ///< initial parameter values; item = parameter index
  kShuffle = 1,     ///< order of the training images in an epoch
  kHoldOut = 2,     ///< which normal images are set aside for thresholds
  kPerlin = 3,      ///< anomaly mask; item = image index
  kSource = 4,      ///< anomaly source and its augmentation; item = image index
  kOpacity = 5,     ///< blend factor; item = image index
  kGenerate = 6,    ///< procedurally generated data sets
  kTest = 7,        ///< tests and self-checks
};

/// One block of four 32-bit words for a 64-bit key and a 128-bit counter.
[[nodiscard]] constexpr std::array<std::uint32_t, 4> philox4x32(std::uint64_t key,
                                                                std::array<std::uint32_t, 4> counter) noexcept {
  auto k0 = static_cast<std::uint32_t>(key);
  auto k1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53u} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57u} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ k0, static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ k1, static_cast<std::uint32_t>(a)};
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return counter;
}

/// Uniform in [0, 1): the upper 24 bits, exactly representable.
[[nodiscard]] constexpr float uniform_from_bits(std::uint32_t bits) noexcept {
  return static_cast<float>(bits >> 8) * (1.0f / 16777216.0f);
}

/// A sequence of draws for one (seed, epoch, item, purpose).
class RandomStream {
 public:
  constexpr RandomStream(std::uint64_t seed, std::uint32_t epoch, std::uint32_t item, Purpose purpose) noexcept
      : key_(seed), counter_{0, static_cast<std::uint32_t>(purpose), item, epoch} {}

  [[nodiscard]] constexpr std::uint32_t bits() noexcept {
    if (used_ == 4) {
      block_ = philox4x32(key_, counter_);
      ++counter_[0];
      used_ = 0;
    }
    return block_[static_cast<std::size_t>(used_++)];
  }
  /// Uniform in [0, 1).
  [[nodiscard]] constexpr float uniform() noexcept { return uniform_from_bits(bits()); }
  /// Uniform in [low, high).
  [[nodiscard]] constexpr float uniform(float low, float high) noexcept { return low + (high - low) * uniform(); }
  /// Uniform in 0 .. count-1; count >= 1. The bias of the multiply-shift is below count / 2^32.
  [[nodiscard]] constexpr std::uint32_t below(std::uint32_t count) noexcept {
    return static_cast<std::uint32_t>((std::uint64_t{bits()} * count) >> 32);
  }
  /// Standard normal (Box-Muller; uses two draws, keeps none).
  [[nodiscard]] float normal() noexcept;

 private:
  std::uint64_t key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  int used_ = 4;
};

}  // namespace mdd
