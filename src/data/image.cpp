#include "data/image.h"

#include <memory>
#include <stb_image.h>
#include <stb_image_write.h>
#include <string>

#include "core/atomic_file.h"
#include "core/error.h"
#include "data/decode_budget.h"
#include "data/image_format.h"

namespace mdd::data {
namespace {

/// A file that passed every check that can be made without decoding it.
struct CheckedFile {
  std::string bytes;
  ImageFormat format = ImageFormat::kUnknown;
  std::int64_t height = 0, width = 0;

  [[nodiscard]] const stbi_uc* data() const { return reinterpret_cast<const stbi_uc*>(bytes.data()); }
  [[nodiscard]] int size() const { return static_cast<int>(bytes.size()); }
  [[nodiscard]] std::size_t values() const { return static_cast<std::size_t>(height * width) * 3; }
};

void check_size(const std::filesystem::path& path, std::int64_t height, std::int64_t width) {
  if (height < 1 || width < 1) fail_data(path.string(), "damaged image", "at least one pixel", "none");
  if (height > kMaxSide || width > kMaxSide || height * width > kMaxPixels) {
    fail_data(path.string(), "image too large",
              "at most " + std::to_string(kMaxPixels / 1'000'000) + " megapixels and " + std::to_string(kMaxSide) +
                  " pixels a side",
              std::to_string(width) + " x " + std::to_string(height));
  }
}

[[noreturn]] void fail_truncated(const std::filesystem::path& path, ImageFormat format, std::size_t bytes) {
  fail_data(path.string(), "truncated image", std::string("a whole ") + format_name(format) + " file",
            "the first " + std::to_string(bytes) + " bytes of one");
}

[[noreturn]] void fail_damaged(const std::filesystem::path& path, ImageFormat format, const char* found) {
  fail_data(path.string(), "truncated or damaged image", std::string("a whole ") + format_name(format) + " file",
            found);
}

[[noreturn]] void fail_decoding(const std::filesystem::path& path, ImageFormat format) {
  const char* reason = stbi_failure_reason();
  fail_damaged(path, format, reason == nullptr ? "unreadable data" : reason);
}

std::string read_image_file(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) fail_data(path.string(), "no such image", "a file", "nothing");
  // Reading a pipe or a device could block for ever.
  if (!std::filesystem::is_regular_file(status)) {
    fail_data(path.string(), "cannot be read as an image", "a regular file", "something else");
  }
  const std::uint64_t size = std::filesystem::file_size(path, error);
  if (!error && size > kMaxImageFileBytes) {
    fail_data(path.string(), "image file too large", "at most " + std::to_string(kMaxImageFileBytes) + " bytes",
              std::to_string(size));
  }
  std::string bytes = read_file(path, kMaxImageFileBytes);
  if (bytes.empty()) fail_data(path.string(), "not an image", "a PNG, JPEG, BMP or TGA file", "an empty file");
  return bytes;
}

CheckedFile read_checked(const std::filesystem::path& path) {
  CheckedFile file;
  file.bytes = read_image_file(path);
  const std::span<const std::uint8_t> bytes(file.data(), file.bytes.size());
  file.format = detect_format(bytes, path);
  if (file.format == ImageFormat::kUnknown) {
    fail_data(path.string(), "not an image", "a PNG, JPEG, BMP or TGA file", "unknown content");
  }
  if (file.format == ImageFormat::kPng) {
    if (const auto size = promised_png_size(bytes)) check_size(path, size->height, size->width);
  }
  const Integrity structure = check_structure(file.format, bytes);
  if (structure == Integrity::kTruncated) fail_truncated(path, file.format, bytes.size());
  if (structure == Integrity::kDamaged) fail_damaged(path, file.format, "malformed segments");
  int width = 0, height = 0, channels = 0;
  if (stbi_info_from_memory(file.data(), file.size(), &width, &height, &channels) == 0) {
    fail_damaged(path, file.format, "an unreadable header");
  }
  file.height = height;
  file.width = width;
  check_size(path, height, width);
  if (!has_all_pixels(file.format, bytes, file.height, file.width)) fail_truncated(path, file.format, bytes.size());
  return file;
}

/// Twice the most that an honest file needs for one buffer: 4 channels of 16 bits, sides padded to whole JPEG blocks.
std::size_t decode_budget(const CheckedFile& file) {
  const auto padded = static_cast<std::size_t>((file.height + 64) * (file.width + 64));
  return 2 * (padded * 8 + file.bytes.size());
}

using Pixels8 = std::unique_ptr<stbi_uc, decltype(&stbi_image_free)>;
using Pixels16 = std::unique_ptr<stbi_us, decltype(&stbi_image_free)>;

Pixels8 decode_8(const std::filesystem::path& path, const CheckedFile& file) {
  const DecodeBudget budget(decode_budget(file));
  int width = 0, height = 0, channels = 0;
  Pixels8 pixels(stbi_load_from_memory(file.data(), file.size(), &width, &height, &channels, 3), stbi_image_free);
  if (pixels == nullptr || width != file.width || height != file.height) fail_decoding(path, file.format);
  return pixels;
}

Pixels16 decode_16(const std::filesystem::path& path, const CheckedFile& file) {
  const DecodeBudget budget(decode_budget(file));
  int width = 0, height = 0, channels = 0;
  Pixels16 pixels(stbi_load_16_from_memory(file.data(), file.size(), &width, &height, &channels, 3), stbi_image_free);
  if (pixels == nullptr || width != file.width || height != file.height) fail_decoding(path, file.format);
  return pixels;
}

template <typename Value>
Mask mask_of(const Value* values, std::int64_t height, std::int64_t width) {
  Mask mask{height, width, std::vector<std::uint8_t>(static_cast<std::size_t>(height * width))};
  for (std::size_t i = 0; i < mask.pixels.size(); ++i) {
    mask.pixels[i] = (values[3 * i] | values[3 * i + 1] | values[3 * i + 2]) != 0 ? 1 : 0;
  }
  return mask;
}

}  // namespace

Image load_image(const std::filesystem::path& path) {
  const CheckedFile file = read_checked(path);
  const Pixels8 pixels = decode_8(path, file);
  return {file.height, file.width, std::vector<std::uint8_t>(pixels.get(), pixels.get() + file.values())};
}

Mask load_mask(const std::filesystem::path& path) {
  const CheckedFile file = read_checked(path);
  // Reducing 16 bits to 8 first would lose small label values.
  if (stbi_is_16_bit_from_memory(file.data(), file.size()) != 0) {
    return mask_of(decode_16(path, file).get(), file.height, file.width);
  }
  return mask_of(decode_8(path, file).get(), file.height, file.width);
}

void save_png(const std::filesystem::path& path, std::int64_t height, std::int64_t width, int channels,
              std::span<const std::uint8_t> pixels) {
  require(height >= 1 && width >= 1 && height <= kMaxSide && width <= kMaxSide, "save_png: sides of 1 .. 65535");
  require(channels >= 1 && channels <= 4, "save_png: 1 .. 4 channels");
  require(pixels.size() == static_cast<std::size_t>(height * width * channels),
          "save_png: as many pixels as the sides say");
  std::string encoded;
  const auto append = [](void* context, void* data, int size) {
    static_cast<std::string*>(context)->append(static_cast<const char*>(data), static_cast<std::size_t>(size));
  };
  if (stbi_write_png_to_func(append, &encoded, static_cast<int>(width), static_cast<int>(height), channels,
                             pixels.data(), static_cast<int>(width) * channels) == 0) {
    fail(ErrorKind::kRuntime, "cannot write " + path.string() + ": out of memory");
  }
  write_atomically(path, encoded);
}

}  // namespace mdd::data
