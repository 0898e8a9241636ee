// Small images, image files and errors that the tests of this folder share.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stb_image_write.h>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/rng.h"
#include "data/image.h"

namespace mdd::test {

inline data::Image random_image(std::int64_t height, std::int64_t width, std::uint32_t item) {
  RandomStream random(7, 0, item, Purpose::kTest);
  data::Image image{height, width, std::vector<std::uint8_t>(static_cast<std::size_t>(height * width * 3))};
  for (std::uint8_t& value : image.pixels) value = static_cast<std::uint8_t>(random.below(256));
  return image;
}

inline void save(const std::filesystem::path& path, const data::Image& image) {
  std::filesystem::create_directories(path.parent_path());
  data::save_png(path, image.height, image.width, 3, image.pixels);
}

inline void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

inline std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void append_bytes(void* context, void* bytes, int count) {
  static_cast<std::string*>(context)->append(static_cast<const char*>(bytes), static_cast<std::size_t>(count));
}

inline std::string encode_jpeg(const data::Image& image, int quality) {
  std::string out;
  stbi_write_jpg_to_func(append_bytes, &out, static_cast<int>(image.width), static_cast<int>(image.height), 3,
                         image.pixels.data(), quality);
  return out;
}

inline std::string encode_bmp(const data::Image& image) {
  std::string out;
  stbi_write_bmp_to_func(append_bytes, &out, static_cast<int>(image.width), static_cast<int>(image.height), 3,
                         image.pixels.data());
  return out;
}

inline std::string encode_png(const data::Image& image) {
  std::string out;
  stbi_write_png_to_func(append_bytes, &out, static_cast<int>(image.width), static_cast<int>(image.height), 3,
                         image.pixels.data(), 0);
  return out;
}

/// Run-length coded, as stb writes it by default.
inline std::string encode_tga(const data::Image& image) {
  std::string out;
  stbi_write_tga_to_func(append_bytes, &out, static_cast<int>(image.width), static_cast<int>(image.height), 3,
                         image.pixels.data());
  return out;
}

/// The text of the Error(kData) that `action` throws; "" if it throws nothing, "other kind: ..." for another kind.
template <typename Action>
std::string data_error(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.kind() == ErrorKind::kData ? error.what() : std::string("other kind: ") + error.what();
  }
  return "";
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace mdd::test
