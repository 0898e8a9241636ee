// The antialiasing filter of every resize (spec S2), in fixed point, so that files, CPU and GPU give the same bytes.
//
// It is Pillow's BILINEAR: a triangle as wide as the step between output samples, at least one input sample, cut at the
// border and normalised. Weights are whole numbers with 22 fractional bits; a sum of 255 times them fits 31 bits. Rows
// are filtered first, then columns, with 8-bit values in between. Standard library only.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/rounded_product.h"

namespace mdd {

struct TriangleFilter {
  static constexpr int kFractionBits = 22;  // 32 - 8 for the value - 2 spare, as Pillow
  /// What a sum of weighted samples starts from, so that shifting rounds to nearest.
  static constexpr std::int32_t kHalf = std::int32_t{1} << (kFractionBits - 1);
  static constexpr std::int64_t kMaxSide = 65'535;

  /// The inputs of one output position: samples first .. first + count - 1, weighted by weights[weight] onwards.
  struct Window {
    std::int32_t first, count, weight;
  };
  std::vector<Window> windows;  ///< one per output position
  std::vector<std::int32_t> weights;

  /// Requires sides of 1 .. kMaxSide.
  TriangleFilter(std::int64_t input, std::int64_t output);

  [[nodiscard]] static constexpr std::uint8_t rounded(std::int32_t sum) noexcept {
    const std::int32_t value = sum >> kFractionBits;
    return static_cast<std::uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
  }

  /// One row of pixels: input x kChannels -> output x kChannels.
  template <int kChannels>
  void filter_row(const std::uint8_t* row, std::uint8_t* to) const;
  /// One output row out of rows of `stride` bytes; a whole row at a time, so that the inner loop runs along memory.
  /// `sums` is used as scratch.
  void filter_rows(const Window& window, const std::uint8_t* image, std::size_t stride, std::vector<std::int32_t>& sums,
                   std::uint8_t* to) const;
};

// The order of operations follows Pillow's precompute_coeffs, because the last bit of the weights depends on it.
inline TriangleFilter::TriangleFilter(std::int64_t input, std::int64_t output) {
  const double scale = static_cast<double>(input) / static_cast<double>(output);
  const double support = std::max(scale, 1.0);
  const double inverse_support = 1.0 / support;
  windows.reserve(static_cast<std::size_t>(output));
  std::vector<double> row;
  for (std::int64_t position = 0; position < output; ++position) {
    const double center = rounded_product(static_cast<double>(position) + 0.5, scale);
    const auto first = std::max<std::int64_t>(static_cast<std::int64_t>(center - support + 0.5), 0);
    const auto last = std::min<std::int64_t>(static_cast<std::int64_t>(center + support + 0.5), input);
    row.clear();
    double sum = 0.0;
    for (std::int64_t i = first; i < last; ++i) {
      const double offset = static_cast<double>(i) - center + 0.5;
      const double distance = std::abs(rounded_product(offset, inverse_support));
      row.push_back(distance < 1.0 ? 1.0 - distance : 0.0);
      sum += row.back();
    }
    windows.push_back({static_cast<std::int32_t>(first), static_cast<std::int32_t>(row.size()),
                       static_cast<std::int32_t>(weights.size())});
    for (const double weight : row) {
      weights.push_back(static_cast<std::int32_t>(0.5 + weight / sum * (1 << kFractionBits)));
    }
  }
}

template <int kChannels>
void TriangleFilter::filter_row(const std::uint8_t* row, std::uint8_t* to) const {
  for (const Window& window : windows) {
    std::int32_t sums[kChannels];
    std::fill_n(sums, kChannels, kHalf);
    const std::uint8_t* from = row + static_cast<std::ptrdiff_t>(window.first) * kChannels;
    const std::int32_t* weight = weights.data() + window.weight;
    for (std::int32_t i = 0; i < window.count; ++i, from += kChannels) {
      for (int c = 0; c < kChannels; ++c) sums[c] += from[c] * weight[i];
    }
    for (int c = 0; c < kChannels; ++c) *to++ = rounded(sums[c]);
  }
}

inline void TriangleFilter::filter_rows(const Window& window, const std::uint8_t* image, std::size_t stride,
                                        std::vector<std::int32_t>& sums, std::uint8_t* to) const {
  sums.assign(stride, kHalf);
  std::int32_t* const sum = sums.data();
  const std::int32_t* const own_weights = weights.data() + window.weight;
  for (std::int32_t i = 0; i < window.count; ++i) {
    const std::uint8_t* from = image + static_cast<std::size_t>(window.first + i) * stride;
    const std::int32_t weight = own_weights[i];
    for (std::size_t x = 0; x < stride; ++x) sum[x] += from[x] * weight;
  }
  for (std::size_t x = 0; x < stride; ++x) to[x] = rounded(sum[x]);
}

}  // namespace mdd
