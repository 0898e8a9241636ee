#include "api/pixels.h"

#include <cstring>
#include <string>

#include "core/error.h"

namespace mdd::api {
namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& expected, std::int64_t found) {
  fail(ErrorKind::kUsage, "image." + what + ": expected " + expected + ", found " + std::to_string(found));
}

std::int64_t channels_of(std::int64_t format) {
  if (format == MDDNET_GREY8) return 1;
  if (format == MDDNET_RGB8 || format == MDDNET_BGR8) return 3;
  refuse("format", "MDDNET_RGB8, MDDNET_BGR8 or MDDNET_GREY8", format);
}

void check_extents(const mddnet_image& image, std::int64_t row) {
  const std::string sides = "1 to " + std::to_string(data::kMaxSide);
  if (image.width < 1 || image.width > data::kMaxSide) refuse("width", sides, image.width);
  if (image.height < 1 || image.height > data::kMaxSide) refuse("height", sides, image.height);
  if (image.width * image.height > data::kMaxPixels) {
    refuse("width * height", "at most " + std::to_string(data::kMaxPixels), image.width * image.height);
  }
  if (image.stride != 0 && image.stride < row) {
    refuse("stride", "0 or at least the " + std::to_string(row) + " bytes of a row", image.stride);
  }
}

}  // namespace

data::Image rgb_copy(const mddnet_image& image) {
  if (image.pixels == nullptr) fail(ErrorKind::kUsage, "image.pixels: expected an address, found NULL");
  const std::int64_t channels = channels_of(image.format);
  const std::int64_t row = image.width * channels;
  check_extents(image, row);
  const std::int64_t stride = image.stride == 0 ? row : image.stride;
  data::Image out{image.height, image.width, {}};
  out.pixels.resize(static_cast<std::size_t>(3 * image.width * image.height));
  std::uint8_t* to = out.pixels.data();
  for (std::int64_t y = 0; y < image.height; ++y, to += 3 * image.width) {
    const std::uint8_t* const from = image.pixels + y * stride;
    if (image.format == MDDNET_RGB8) {
      std::memcpy(to, from, static_cast<std::size_t>(row));
      continue;
    }
    const bool grey = image.format == MDDNET_GREY8;
    for (std::int64_t x = 0; x < image.width; ++x) {
      for (std::int64_t c = 0; c < 3; ++c) to[3 * x + c] = from[grey ? x : 3 * x + 2 - c];
    }
  }
  return out;
}

}  // namespace mdd::api
