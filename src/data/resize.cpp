#include "data/resize.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/triangle_filter.h"

namespace mdd::data {
namespace {

/// rows x input x channels -> rows x output x channels.
template <int kChannels>
std::vector<std::uint8_t> resize_rows(const std::vector<std::uint8_t>& pixels, std::size_t rows, std::size_t input,
                                      const TriangleFilter& filter) {
  const std::size_t output = filter.windows.size();
  std::vector<std::uint8_t> out(rows * output * kChannels);
  for (std::size_t y = 0; y < rows; ++y) {
    filter.filter_row<kChannels>(pixels.data() + y * input * kChannels, out.data() + y * output * kChannels);
  }
  return out;
}

/// input x stride -> output x stride.
std::vector<std::uint8_t> resize_columns(const std::vector<std::uint8_t>& pixels, std::size_t stride,
                                         const TriangleFilter& filter) {
  std::vector<std::uint8_t> out(filter.windows.size() * stride);
  std::vector<std::int32_t> sums;
  for (std::size_t y = 0; y < filter.windows.size(); ++y) {
    filter.filter_rows(filter.windows[y], pixels.data(), stride, sums, out.data() + y * stride);
  }
  return out;
}

template <int kChannels>
std::vector<std::uint8_t> resize(const std::vector<std::uint8_t>& pixels, std::int64_t height, std::int64_t width,
                                 std::int64_t size_h, std::int64_t size_w) {
  const auto valid = [](std::int64_t side) { return side >= 1 && side <= kMaxSide; };
  require(valid(height) && valid(width) && valid(size_h) && valid(size_w), "resize: sides of 1 .. 65535");
  require(pixels.size() == static_cast<std::size_t>(height * width) * kChannels,
          "resize: as many pixels as the sides say");
  const auto rows = static_cast<std::size_t>(height), columns = static_cast<std::size_t>(width);
  // A side that keeps its length is not filtered.
  std::vector<std::uint8_t> narrowed =
      width == size_w ? pixels : resize_rows<kChannels>(pixels, rows, columns, TriangleFilter(width, size_w));
  if (height == size_h) return narrowed;
  return resize_columns(narrowed, static_cast<std::size_t>(size_w) * kChannels, TriangleFilter(height, size_h));
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
