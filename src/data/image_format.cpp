#include "data/image_format.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "data/jpeg_structure.h"

namespace mdd::data {
namespace {

using Bytes = std::span<const std::uint8_t>;

std::string lower_extension(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return extension;
}

bool starts_with(Bytes bytes, std::string_view signature) {
  return bytes.size() >= signature.size() &&
         std::equal(signature.begin(), signature.end(), bytes.begin(),
                    [](char expected, std::uint8_t found) { return static_cast<std::uint8_t>(expected) == found; });
}

std::uint32_t little_endian(Bytes bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value |= std::uint32_t{bytes[at + i]} << (8 * i);
  return value;
}

std::uint32_t big_endian_32(Bytes bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = (value << 8) | bytes[at + i];
  return value;
}

/// Whether readers must know the chunk, and the decoder does not.
bool is_unknown_critical_chunk(Bytes type) {
  constexpr std::uint8_t kLowerCase = 0x20;
  if ((type[0] & kLowerCase) != 0) return false;
  constexpr std::array<std::string_view, 5> kKnown = {"IHDR", "PLTE", "IDAT", "IEND", "CgBI"};
  return std::none_of(kKnown.begin(), kKnown.end(), [&](std::string_view name) { return starts_with(type, name); });
}

/// Chunks are length, type, data, checksum; the last one is IEND.
Integrity png_structure(Bytes bytes) {
  std::size_t at = 8;
  while (bytes.size() >= 12 && at <= bytes.size() - 12) {
    const std::size_t length = big_endian_32(bytes, at);
    if (length > bytes.size() - at - 12) return Integrity::kTruncated;
    if (starts_with(bytes.subspan(at + 4), "IEND")) return Integrity::kWhole;
    if (is_unknown_critical_chunk(bytes.subspan(at + 4))) return Integrity::kDamaged;
    at += 12 + length;
  }
  return Integrity::kTruncated;
}

bool bmp_has_all_pixels(Bytes bytes, std::size_t height, std::size_t width) {
  if (bytes.size() < 30) return false;
  const std::size_t offset = little_endian(bytes, 10, 4);
  const bool core_header = little_endian(bytes, 14, 4) == 12;
  const std::size_t bits = little_endian(bytes, core_header ? 24 : 28, 2);
  const std::size_t stride = (width * bits + 31) / 32 * 4;
  return bytes.size() >= offset + (height - 1) * stride + (width * bits + 7) / 8;
}

bool tga_has_all_pixels(Bytes bytes, std::size_t height, std::size_t width) {
  if (bytes.size() < 18) return false;
  const std::size_t palette = bytes[1] == 0 ? 0 : little_endian(bytes, 5, 2) * ((bytes[7] + std::size_t{7}) / 8);
  const std::size_t pixel_bytes = (bytes[16] + std::size_t{7}) / 8;
  const std::size_t pixels = height * width;
  std::size_t at = 18 + bytes[0] + palette;
  const bool run_length_coded = bytes[2] >= 8;
  if (!run_length_coded) return bytes.size() >= at + pixels * pixel_bytes;
  for (std::size_t seen = 0; seen < pixels;) {
    if (at >= bytes.size()) return false;
    const bool repeated = (bytes[at] & 128) != 0;
    const std::size_t count = (bytes[at] & std::size_t{127}) + 1;
    at += 1 + (repeated ? 1 : count) * pixel_bytes;
    seen += count;
  }
  return at <= bytes.size();
}

}  // namespace

const char* format_name(ImageFormat format) noexcept {
  switch (format) {
    case ImageFormat::kPng:
      return "PNG";
    case ImageFormat::kJpeg:
      return "JPEG";
    case ImageFormat::kBmp:
      return "BMP";
    case ImageFormat::kTga:
      return "TGA";
    case ImageFormat::kUnknown:
      break;
  }
  return "unknown";
}

ImageFormat detect_format(Bytes bytes, const std::filesystem::path& path) {
  if (starts_with(bytes, "\x89PNG\r\n\x1a\n")) return ImageFormat::kPng;
  if (behind_start_of_image(bytes) > 0) return ImageFormat::kJpeg;
  if (starts_with(bytes, "BM")) return ImageFormat::kBmp;
  if (lower_extension(path) == ".tga") return ImageFormat::kTga;
  return ImageFormat::kUnknown;
}

std::optional<ImageSize> promised_png_size(Bytes bytes) noexcept {
  if (bytes.size() < 24) return std::nullopt;
  return ImageSize{big_endian_32(bytes, 20), big_endian_32(bytes, 16)};
}

Integrity check_structure(ImageFormat format, Bytes bytes) noexcept {
  if (format == ImageFormat::kPng) return png_structure(bytes);
  if (format == ImageFormat::kJpeg) return jpeg_structure(bytes);
  return Integrity::kWhole;
}

bool has_all_pixels(ImageFormat format, Bytes bytes, std::int64_t height, std::int64_t width) noexcept {
  const auto rows = static_cast<std::size_t>(height);
  const auto columns = static_cast<std::size_t>(width);
  if (format == ImageFormat::kBmp) return bmp_has_all_pixels(bytes, rows, columns);
  if (format == ImageFormat::kTga) return tga_has_all_pixels(bytes, rows, columns);
  return true;
}

bool has_image_extension(const std::filesystem::path& path) {
  static constexpr std::array<std::string_view, 5> kExtensions = {".png", ".jpg", ".jpeg", ".bmp", ".tga"};
  return std::find(kExtensions.begin(), kExtensions.end(), lower_extension(path)) != kExtensions.end();
}

}  // namespace mdd::data
