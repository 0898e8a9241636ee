#include "core/checksum.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace mdd {

void Checksum::add(std::span<const std::byte> bytes) noexcept {
  // Eight columns of sums that do not wait for each other. With R rows, a word in row r counts R - r times in `sums` of
  // its column j, and 8 (R - r) - j times in t.
  constexpr std::size_t kColumns = 8, kWord = sizeof(std::uint32_t);
  std::array<std::uint64_t, kColumns> sum{}, sums{};
  const std::size_t rows = bytes.size() / (kColumns * kWord);
  const std::byte* at = bytes.data();
  for (std::size_t row = 0; row < rows; ++row, at += kColumns * kWord) {
    for (std::size_t j = 0; j < kColumns; ++j) {
      std::uint32_t word = 0;
      std::memcpy(&word, at + j * kWord, kWord);
      sum[j] += word;
      sums[j] += sum[j];
    }
  }
  sums_ += rows * kColumns * sum_;
  for (std::size_t j = 0; j < kColumns; ++j) {
    sum_ += sum[j];
    sums_ += kColumns * sums[j] - j * sum[j];
  }
  for (bytes = bytes.subspan(rows * kColumns * kWord); !bytes.empty();) {
    const std::size_t count = std::min(kWord, bytes.size());
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data(), count);
    sum_ += word;
    sums_ += sum_;
    bytes = bytes.subspan(count);
  }
}

std::string Checksum::text() const {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const std::uint64_t value : {sum_, sums_}) {
    for (int shift = 60; shift >= 0; shift -= 4) out += kDigits[value >> shift & 15u];
  }
  return out;
}

}  // namespace mdd
