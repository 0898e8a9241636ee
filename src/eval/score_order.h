// Sorting many float scores: each float becomes an unsigned key of the same order, keys are radix-sorted. Four bytes a
// score, so that the pixels of a large class (10^8) fit in memory where an index sort would not.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/error.h"

namespace mdd::eval {

/// An unsigned integer that orders like the score; +0 and -0 share a key. Throws Error(kRuntime) on NaN, which has no
/// place in any order.
[[nodiscard]] inline std::uint32_t ordered_key(float score) {
  if (std::isnan(score)) fail(ErrorKind::kRuntime, "metrics: an anomaly score is NaN; expected numbers only");
  if (score == 0.0f) score = 0.0f;  // drops the sign of -0
  const auto bits = std::bit_cast<std::uint32_t>(score);
  return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
}

/// Ascending order by the 32 bits that lie above `kShift`; the rest of an element travels along. Small inputs take
/// std::sort, larger ones three counting passes of 11 bits that skip digits shared by all elements.
template <int kShift, class Element>
void sort_by_key(std::vector<Element>& elements) {
  constexpr int kDigitBits = 11;
  constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
  const auto key = [](Element element) { return static_cast<std::uint32_t>(element >> kShift); };
  if (elements.size() < 4096) {
    std::sort(elements.begin(), elements.end(), [&](Element a, Element b) { return key(a) < key(b); });
    return;
  }
  std::vector<Element> other(elements.size());
  for (int low = 0; low < 32; low += kDigitBits) {
    const auto digit = [&](Element element) { return (key(element) >> low) & (kDigits - 1); };
    std::array<std::size_t, kDigits> start{};
    for (const Element element : elements) ++start[digit(element)];
    if (start[digit(elements.front())] == elements.size()) continue;
    std::size_t sum = 0;
    for (std::size_t& entry : start) sum += std::exchange(entry, sum);
    for (const Element element : elements) other[start[digit(element)]++] = element;
    elements.swap(other);
  }
}

}  // namespace mdd::eval
