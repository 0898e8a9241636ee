// What a file of unknown origin claims to be, and whether all of it is there. The decoder fills missing data with
// zeros in several formats; a half-downloaded image must be refused instead, because grey stripes look like defects.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

namespace mdd::data {

enum class ImageFormat { kPng, kJpeg, kBmp, kTga, kUnknown };

/// "PNG", "JPEG", "BMP", "TGA" or "unknown".
[[nodiscard]] const char* format_name(ImageFormat format) noexcept;

/// Decides by the signature. TGA has none, so it also takes the extension of `path`.
[[nodiscard]] ImageFormat detect_format(std::span<const std::uint8_t> bytes, const std::filesystem::path& path);

struct ImageSize {
  std::int64_t height = 0, width = 0;
};

/// The sides that the header of a PNG promises, read without the decoder, which gives no reason when it refuses sides;
/// none if the file ends before them.
[[nodiscard]] std::optional<ImageSize> promised_png_size(std::span<const std::uint8_t> bytes) noexcept;

enum class Integrity { kWhole, kTruncated, kDamaged };

/// Walks the chunks of a PNG up to IEND and the segments of a JPEG up to the EOI marker. The decoder must see no file
/// that is not kWhole: besides missing the end of many, it writes out of bounds for a JPEG whose Huffman tables have
/// more than 256 codes, makes pixels out of chance for one that lacks tables, and writes into one text shared by all
/// threads for a PNG with a critical chunk that it does not know.
/// BMP and TGA, which have neither chunks nor segments, are kWhole here.
[[nodiscard]] Integrity check_structure(ImageFormat format, std::span<const std::uint8_t> bytes) noexcept;

/// Whether a BMP or TGA reaches up to the last pixel of a height x width image, 1 .. 65535 each; PNG and JPEG, whose
/// pixels have no known length, always do.
[[nodiscard]] bool has_all_pixels(ImageFormat format, std::span<const std::uint8_t> bytes, std::int64_t height,
                                  std::int64_t width) noexcept;

/// Whether the extension, in any case, is one that we read: png, jpg, jpeg, bmp, tga.
[[nodiscard]] bool has_image_extension(const std::filesystem::path& path);

}  // namespace mdd::data
