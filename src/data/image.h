// Images and masks on disk: decoding (spec S2) and PNG writing. All functions may be called from several threads.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace mdd::data {

/// 8-bit RGB, row by row: pixels[(y * width + x) * 3 + channel].
struct Image {
  std::int64_t height = 0, width = 0;
  std::vector<std::uint8_t> pixels;
};

/// Which pixels are defect: pixels[y * width + x] is 0 or 1.
struct Mask {
  std::int64_t height = 0, width = 0;
  std::vector<std::uint8_t> pixels;
};

/// Limits for files of unknown origin, checked before anything is decoded.
inline constexpr std::int64_t kMaxPixels = 100'000'000;
inline constexpr std::int64_t kMaxSide = 65'535;
inline constexpr std::uint64_t kMaxImageFileBytes = std::uint64_t{1} << 30;

/// Decodes a PNG, JPEG, BMP or TGA file to RGB: grey is replicated, alpha is dropped (colours stay as stored, nothing
/// is blended), 16 bits are reduced to the upper 8. The content decides the format, not the extension, except for TGA,
/// which has no signature. Throws Error(kData) for a missing, empty, truncated, damaged or too large file and for
/// anything that is no image.
[[nodiscard]] Image load_image(const std::filesystem::path& path);

/// Decodes a mask: a pixel is defect where any colour channel is above 0 (alpha is ignored). Errors as load_image.
[[nodiscard]] Mask load_mask(const std::filesystem::path& path);

/// Writes `pixels` (height x width x channels, 1 = grey, 2 = grey + alpha, 3 = RGB, 4 = RGBA) as an 8-bit PNG; the file
/// appears whole or not at all. Throws Error(kRuntime) if it cannot be written.
void save_png(const std::filesystem::path& path, std::int64_t height, std::int64_t width, int channels,
              std::span<const std::uint8_t> pixels);

}  // namespace mdd::data
