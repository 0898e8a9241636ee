// Which pooling windows lie over a position: what a gradient that is gathered needs to know, on every backend.
#pragma once

namespace mdd::pooling {

/// Indices first .. last of windows along one axis; empty if last < first.
template <class Int>
struct WindowRange {
  Int first, last;
};

/// The windows of `kernel` positions, every `stride` positions from -padding on, `windows` of them, that hold
/// `position`.
template <class Int>
[[nodiscard]] constexpr WindowRange<Int> windows_over(Int position, Int kernel, Int stride, Int padding, Int windows) {
  const Int padded = position + padding;
  const Int first = padded < kernel ? Int(0) : (padded - kernel) / stride + 1;
  const Int last = padded / stride;
  return {first, last < windows ? last : windows - 1};
}

}  // namespace mdd::pooling
