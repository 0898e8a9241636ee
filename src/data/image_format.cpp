#include "data/image_format.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

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

/// The body of a DHT segment: tables of one byte, 16 counts, and as many values as the counts sum up to.
bool huffman_tables_are_sound(Bytes body) {
  while (body.size() >= 17) {
    std::size_t codes = 0;
    for (std::size_t i = 1; i <= 16; ++i) codes += body[i];
    if (codes > 256 || codes > body.size() - 17) return false;
    body = body.subspan(17 + codes);
  }
  return body.empty();
}

/// Where a JPEG goes on behind its first marker, SOI; 0 if the bytes are none. Like the decoder, which looks for a JPEG
/// whatever the extension says, it takes a marker with any number of fill bytes ahead of it.
std::size_t behind_start_of_image(Bytes bytes) {
  std::size_t at = 0;
  while (at < bytes.size() && bytes[at] == 0xFF) ++at;
  return at > 0 && at < bytes.size() && bytes[at] == 0xD8 ? at + 1 : 0;
}

/// Walks the segments rather than searching for the EOI marker, because a thumbnail inside a segment has its own.
/// Between the scan header and the next marker lies coded data, in which 0xFF is always followed by 0x00.
Integrity jpeg_structure(Bytes bytes) {
  constexpr std::uint8_t kEndOfImage = 0xD9, kHuffmanTables = 0xC4;
  std::size_t at = behind_start_of_image(bytes);
  while (at + 1 < bytes.size()) {
    const std::uint8_t marker = bytes[at + 1];
    if (bytes[at] != 0xFF || marker == 0x00 || marker == 0xFF) {
      ++at;
      continue;
    }
    at += 2;
    if (marker == kEndOfImage) return Integrity::kWhole;
    const bool stands_alone = marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8);
    if (stands_alone) continue;
    if (at + 2 > bytes.size()) return Integrity::kTruncated;
    const std::size_t length = (std::size_t{bytes[at]} << 8) | bytes[at + 1];
    if (length < 2) return Integrity::kDamaged;
    if (length > bytes.size() - at) return Integrity::kTruncated;
    if (marker == kHuffmanTables && !huffman_tables_are_sound(bytes.subspan(at + 2, length - 2))) {
      return Integrity::kDamaged;
    }
    at += length;
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
