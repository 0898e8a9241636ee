#include "report/picture_encoding.h"

#include <stb_image_write.h>
#include <vector>

#include "core/error.h"

namespace mdd::report {
namespace {

/// Receives what stb writes; the context is a std::string.
void append(void* context, void* data, int size) {
  static_cast<std::string*>(context)->append(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

void check_extents(std::int64_t height, std::int64_t width, std::size_t channels, std::size_t values) {
  require(height >= 1 && width >= 1 && height <= data::kMaxSide && width <= data::kMaxSide,
          "picture: sides of 1 .. 65535");
  require(values == static_cast<std::size_t>(height * width) * channels, "picture: as many values as the sides say");
}

}  // namespace

std::string base64(std::string_view bytes) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (i + k < bytes.size() ? static_cast<std::uint8_t>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k <= bytes.size() ? kDigits[group >> (18 - 6 * k) & 0x3f] : '=';
    }
  }
  return out;
}

std::string jpeg_address(const data::Image& image, int quality) {
  check_extents(image.height, image.width, 3, image.pixels.size());
  std::string encoded;
  const int done = stbi_write_jpg_to_func(append, &encoded, static_cast<int>(image.width),
                                          static_cast<int>(image.height), 3, image.pixels.data(), quality);
  if (done == 0) fail(ErrorKind::kRuntime, "cannot encode a picture of the report: out of memory");
  return "data:image/jpeg;base64," + base64(encoded);
}

std::string mask_address(std::span<const std::uint8_t> mask, std::int64_t height, std::int64_t width) {
  check_extents(height, width, 1, mask.size());
  std::vector<std::uint8_t> pixels;
  pixels.reserve(mask.size());
  for (const std::uint8_t value : mask) pixels.push_back(value != 0 ? 255 : 0);
  std::string encoded;
  const int done = stbi_write_png_to_func(append, &encoded, static_cast<int>(width), static_cast<int>(height), 1,
                                          pixels.data(), static_cast<int>(width));
  if (done == 0) fail(ErrorKind::kRuntime, "cannot encode a picture of the report: out of memory");
  return "data:image/png;base64," + base64(encoded);
}

}  // namespace mdd::report
