#include "data/resize.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "core/error.h"

namespace mdd::data {
namespace {

constexpr int kFractionBits = 22;  // 32 - 8 for the value - 2 spare, as Pillow

/// For every output position: the first input that it reads, and the fixed-point weights from there on.
struct Filter {
  struct Window {
    std::size_t first = 0, count = 0;
    std::size_t weights = 0;  ///< index of the first weight
  };
  std::vector<Window> windows;
  std::vector<std::int32_t> weights;
};

/// The order of operations follows Pillow's precompute_coeffs, because the last bit of the weights depends on it.
Filter triangle_filter(std::int64_t input, std::int64_t output) {
  const double scale = static_cast<double>(input) / static_cast<double>(output);
  const double support = std::max(scale, 1.0);
  const double inverse_support = 1.0 / support;
  Filter filter;
  filter.windows.reserve(static_cast<std::size_t>(output));
  std::vector<double> row;
  for (std::int64_t position = 0; position < output; ++position) {
    const double center = (static_cast<double>(position) + 0.5) * scale;
    const auto first = std::max<std::int64_t>(static_cast<std::int64_t>(center - support + 0.5), 0);
    const auto last = std::min<std::int64_t>(static_cast<std::int64_t>(center + support + 0.5), input);
    row.clear();
    double sum = 0.0;
    for (std::int64_t i = 0; i < last - first; ++i) {
      const double distance = std::abs((static_cast<double>(i + first) - center + 0.5) * inverse_support);
      row.push_back(distance < 1.0 ? 1.0 - distance : 0.0);
      sum += row.back();
    }
    filter.windows.push_back({static_cast<std::size_t>(first), row.size(), filter.weights.size()});
    for (const double weight : row) {
      filter.weights.push_back(static_cast<std::int32_t>(0.5 + weight / sum * (1 << kFractionBits)));
    }
  }
  return filter;
}

std::uint8_t rounded(std::int32_t sum) { return static_cast<std::uint8_t>(std::clamp(sum >> kFractionBits, 0, 255)); }

/// rows x input x channels -> rows x output x channels.
template <std::size_t kChannels>
std::vector<std::uint8_t> resize_rows(const std::vector<std::uint8_t>& pixels, std::size_t rows, std::size_t input,
                                      const Filter& filter) {
  std::vector<std::uint8_t> out(rows * filter.windows.size() * kChannels);
  std::uint8_t* to = out.data();
  for (std::size_t y = 0; y < rows; ++y) {
    const std::uint8_t* row = pixels.data() + y * input * kChannels;
    for (const Filter::Window& window : filter.windows) {
      std::int32_t sums[kChannels];
      std::fill_n(sums, kChannels, 1 << (kFractionBits - 1));
      const std::uint8_t* from = row + window.first * kChannels;
      const std::int32_t* weights = filter.weights.data() + window.weights;
      for (std::size_t i = 0; i < window.count; ++i, from += kChannels) {
        for (std::size_t c = 0; c < kChannels; ++c) sums[c] += from[c] * weights[i];
      }
      for (std::size_t c = 0; c < kChannels; ++c) *to++ = rounded(sums[c]);
    }
  }
  return out;
}

/// input x stride -> output x stride; a whole row at a time, so that the inner loop runs along memory.
std::vector<std::uint8_t> resize_columns(const std::vector<std::uint8_t>& pixels, std::size_t stride,
                                         const Filter& filter) {
  std::vector<std::uint8_t> out(filter.windows.size() * stride);
  std::vector<std::int32_t> sums(stride);
  std::uint8_t* to = out.data();
  for (const Filter::Window& window : filter.windows) {
    std::fill(sums.begin(), sums.end(), 1 << (kFractionBits - 1));
    for (std::size_t i = 0; i < window.count; ++i) {
      const std::uint8_t* from = pixels.data() + (window.first + i) * stride;
      const std::int32_t weight = filter.weights[window.weights + i];
      for (std::size_t x = 0; x < stride; ++x) sums[x] += from[x] * weight;
    }
    for (std::size_t x = 0; x < stride; ++x) *to++ = rounded(sums[x]);
  }
  return out;
}

template <std::size_t kChannels>
std::vector<std::uint8_t> resize(const std::vector<std::uint8_t>& pixels, std::int64_t height, std::int64_t width,
                                 std::int64_t size_h, std::int64_t size_w) {
  const auto valid = [](std::int64_t side) { return side >= 1 && side <= kMaxSide; };
  require(valid(height) && valid(width) && valid(size_h) && valid(size_w), "resize: sides of 1 .. 65535");
  require(pixels.size() == static_cast<std::size_t>(height * width) * kChannels,
          "resize: as many pixels as the sides say");
  const auto rows = static_cast<std::size_t>(height), columns = static_cast<std::size_t>(width);
  // A side that keeps its length is not filtered.
  std::vector<std::uint8_t> narrowed =
      width == size_w ? pixels : resize_rows<kChannels>(pixels, rows, columns, triangle_filter(width, size_w));
  if (height == size_h) return narrowed;
  return resize_columns(narrowed, static_cast<std::size_t>(size_w) * kChannels, triangle_filter(height, size_h));
}

}  // namespace

Image resize_antialiased(const Image& image, std::int64_t size_h, std::int64_t size_w) {
  return {size_h, size_w, resize<3>(image.pixels, image.height, image.width, size_h, size_w)};
}

Mask resize_mask(const Mask& mask, std::int64_t size_h, std::int64_t size_w) {
  std::vector<std::uint8_t> values(mask.pixels.size());
  std::transform(mask.pixels.begin(), mask.pixels.end(), values.begin(),
                 [](std::uint8_t defect) { return static_cast<std::uint8_t>(defect != 0 ? 255 : 0); });
  values = resize<1>(values, mask.height, mask.width, size_h, size_w);
  for (std::uint8_t& value : values) value = value >= 128 ? 1 : 0;
  return {size_h, size_w, std::move(values)};
}

}  // namespace mdd::data
