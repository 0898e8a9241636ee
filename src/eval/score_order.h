// Sorting many float scores: each float becomes an unsigned key of the reversed order, keys are radix-sorted. Four
// bytes a score and no comparison, so that the pixels of a large class are sorted in time linear in their number.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/error.h"

namespace mdd::eval {

/// An unsigned integer that falls as the score rises, so that ascending keys are descending scores; +0 and -0 share a
/// key. The score must not be NaN, which has no place in any order (refuse_nan).
[[nodiscard]] inline std::uint32_t descending_key(float score) {
  const auto bits = std::bit_cast<std::uint32_t>(score + 0.0f);  // the sum drops the sign of -0
  return (bits & 0x80000000u) != 0 ? bits : ~bits & 0x7fffffffu;
}

/// The score of a key.
[[nodiscard]] inline float score_of(std::uint32_t key) {
  return std::bit_cast<float>((key & 0x80000000u) != 0 ? key : ~key & 0x7fffffffu);
}

/// Throws Error(kRuntime) if one of the scores is NaN.
inline void refuse_nan(std::span<const float> scores) {
  std::uint32_t found = 0;
  for (const float score : scores) found |= score != score ? 1u : 0u;  // without a branch: vectorised
  if (found != 0) fail(ErrorKind::kRuntime, "metrics: an anomaly score is NaN; expected numbers only");
}

/// Ascending order by the upper 32 bits of an element if it has 64, by the element if it has 32; what lies below the
/// key travels along. Small inputs take std::sort, larger ones counting passes of 11 bits that skip digits shared by
/// all elements. Needs as much memory again while it runs.
template <class Element>
void sort_by_key(std::vector<Element>& elements) {
  constexpr int kShift = sizeof(Element) == 8 ? 32 : 0;
  constexpr int kDigitBits = 11;
  constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
  constexpr std::size_t kPasses = 3;
  const auto key = [](Element element) { return static_cast<std::uint32_t>(element >> kShift); };
  if (elements.size() < 4096) {
    std::sort(elements.begin(), elements.end(), [&](Element a, Element b) { return key(a) < key(b); });
    return;
  }
  const auto digit = [&](Element element, std::size_t pass) {
    return (key(element) >> (static_cast<int>(pass) * kDigitBits)) & (kDigits - 1);
  };
  std::array<std::array<std::size_t, kDigits>, kPasses> starts{};
  for (const Element element : elements) {
    for (std::size_t pass = 0; pass < kPasses; ++pass) ++starts[pass][digit(element, pass)];
  }
  std::vector<Element> other(elements.size());
  for (std::size_t pass = 0; pass < kPasses; ++pass) {
    auto& start = starts[pass];
    if (start[digit(elements.front(), pass)] == elements.size()) continue;
    std::size_t sum = 0;
    for (std::size_t& entry : start) sum += std::exchange(entry, sum);
    for (const Element element : elements) other[start[digit(element, pass)]++] = element;
    elements.swap(other);
  }
}

}  // namespace mdd::eval
