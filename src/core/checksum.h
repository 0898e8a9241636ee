// A checksum for files of many megabytes, whose opening should take no longer for it: Fletcher's two sums, of 32-bit
// words, modulo 2^64. s is the sum of all words, t the sum of s after each of them: s tells what changed, t where.
// Whatever changes in one word or two is found (both sums would have to stay, and words and distances are below 2^32);
// anything larger passes by chance alone. It guards against damage, not against intent.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace mdd {

class Checksum {
 public:
  /// Goes on with `bytes`, as little-endian words; the last is filled up with zeros. So pieces of whole words count as
  /// one.
  void add(std::span<const std::byte> bytes) noexcept;
  /// s and t, 16 hexadecimal digits each.
  [[nodiscard]] std::string text() const;

 private:
  std::uint64_t sum_ = 0;   ///< s
  std::uint64_t sums_ = 0;  ///< t
};

}  // namespace mdd
