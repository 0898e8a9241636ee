// Files that are no images, are cut short or lie about their size: each must give one clear Error(kData), never a
// crash.
#include <doctest/doctest.h>
#include <filesystem>

#include "data/image.h"
#include "fixtures.h"
#include "support/temporary_folder.h"

namespace mdd::data {
namespace {

using test::contains;
using test::random_image;
using test::write_bytes;

std::string load_error(const std::filesystem::path& path) {
  const std::string text = test::data_error([&] { (void)load_image(path); });
  CHECK(text == test::data_error([&] { (void)load_mask(path); }));  // masks are checked alike
  CHECK_FALSE(contains(text, "\n"));
  return text;
}

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>((value >> shift) & 0xFF));
  return bytes;
}

/// An RGB PNG header that promises width x height pixels, an empty data chunk and an end; checksums are not checked.
std::string png_of_size(std::uint32_t width, std::uint32_t height) {
  using namespace std::string_literals;
  return "\x89PNG\r\n\x1a\n"s + big_endian(13) + "IHDR" + big_endian(width) + big_endian(height) + "\x08\x02\0\0\0"s +
         big_endian(0) + big_endian(0) + "IDAT" + big_endian(0) + big_endian(0) + "IEND" + big_endian(0);
}

TEST_CASE("missing, folder, empty and foreign files") {
  const test::TemporaryFolder folder;
  CHECK(contains(load_error(folder / "missing.png"), "no such image"));
  std::filesystem::create_directory(folder / "folder.png");
  CHECK(contains(load_error(folder / "folder.png"), "expected a regular file"));
  write_bytes(folder / "empty.png", "");
  CHECK(contains(load_error(folder / "empty.png"), "found an empty file"));
  write_bytes(folder / "text.png", "this is text, not an image");
  CHECK(contains(load_error(folder / "text.png"), "not an image"));
  write_bytes(folder / "text.tga", "this is text, not an image");
  CHECK(contains(load_error(folder / "text.tga"), "damaged"));
  CHECK(contains(load_error(folder / "text.tga"), (folder / "text.tga").string()));
  std::filesystem::create_symlink("loop.png", folder / "loop.png");
  CHECK(contains(load_error(folder / "loop.png"), "no such image"));
}

TEST_CASE("images that are too large are refused before they are decoded") {
  const test::TemporaryFolder folder;
  write_bytes(folder / "a.png", png_of_size(60000, 60000));
  CHECK(contains(load_error(folder / "a.png"), "image too large: expected at most 100 megapixels"));
  write_bytes(folder / "b.png", png_of_size(20000, 10000));
  CHECK(contains(load_error(folder / "b.png"), "found 20000 x 10000"));
  write_bytes(folder / "c.png", png_of_size(1, 70000));
  CHECK(contains(load_error(folder / "c.png"), "found 1 x 70000"));
  write_bytes(folder / "d.png", png_of_size(5, 0));
  CHECK(contains(load_error(folder / "d.png"), "damaged"));

  std::string jpeg = test::encode_jpeg(random_image(8, 8, 1), 80);
  const std::size_t frame = jpeg.find("\xFF\xC0");
  jpeg.replace(frame + 5, 4, "\xFF\xFE\xFF\xFE");
  write_bytes(folder / "e.jpg", jpeg);
  CHECK(contains(load_error(folder / "e.jpg"), "found 65534 x 65534"));
  std::string bmp = test::encode_bmp(random_image(8, 8, 1));
  bmp.replace(18, 8, std::string("\xFF\xFF\xFF\x7F\xFF\xFF\xFF\x7F", 8));
  write_bytes(folder / "f.bmp", bmp);
  CHECK(contains(load_error(folder / "f.bmp"), "found 2147483647 x 2147483647"));
}

TEST_CASE("a file beyond the limit is refused") {
  const test::TemporaryFolder folder;
  write_bytes(folder / "a.png", "x");
  std::filesystem::resize_file(folder / "a.png", kMaxImageFileBytes + 1);  // sparse: takes no disk
  CHECK(contains(load_error(folder / "a.png"), "too large"));
}

TEST_CASE("compressed data far beyond the promised size is not unpacked") {
  const test::TemporaryFolder folder;
  save_png(folder / "a.png", 3000, 3000, 1, std::vector<std::uint8_t>(3000 * 3000));
  std::string bytes = test::read_bytes(folder / "a.png");
  bytes.replace(16, 8, big_endian(1) + big_endian(1));
  write_bytes(folder / "a.png", bytes);
  CHECK(contains(load_error(folder / "a.png"), "damaged"));
}

TEST_CASE("a header without the pixels that it promises") {
  const test::TemporaryFolder folder;
  write_bytes(folder / "a.png", png_of_size(100, 100));
  CHECK(contains(load_error(folder / "a.png"), "damaged"));
}

TEST_CASE("every cut of an image is noticed") {
  const test::TemporaryFolder folder;
  const Image image = random_image(6, 4, 1);  // rows of 12 bytes, which BMP does not pad
  test::save(folder / "whole.png", image);
  struct Case {
    const char* name;
    std::string bytes;
    std::size_t least;  ///< cuts below this many bytes lose the signature
  };
  const Case cases[] = {{"cut.png", test::read_bytes(folder / "whole.png"), 8},
                        {"cut.jpg", test::encode_jpeg(image, 80), 3},
                        {"cut.bmp", test::encode_bmp(image), 2},
                        {"cut.tga", test::encode_tga(image), 1}};
  for (const Case& one : cases) {
    CAPTURE(one.name);
    write_bytes(folder / one.name, one.bytes);
    CHECK(load_image(folder / one.name).height == 6);
    for (std::size_t length = one.least; length < one.bytes.size(); ++length) {
      CAPTURE(length);
      write_bytes(folder / one.name, one.bytes.substr(0, length));
      CHECK(contains(load_error(folder / one.name), "truncated"));
    }
  }
}

TEST_CASE("uncompressed tga is measured too") {
  const test::TemporaryFolder folder;
  std::string bytes(18, '\0');
  bytes[2] = 2;    // uncompressed RGB
  bytes[12] = 3;   // width
  bytes[14] = 2;   // height
  bytes[16] = 24;  // bits
  write_bytes(folder / "a.tga", bytes + std::string(18, '\x40'));
  CHECK(load_image(folder / "a.tga").pixels == std::vector<std::uint8_t>(18, 0x40));
  write_bytes(folder / "a.tga", bytes + std::string(17, '\x40'));
  CHECK(contains(load_error(folder / "a.tga"), "truncated"));
}

TEST_CASE("a jpeg whose only end marker belongs to its thumbnail is truncated") {
  const test::TemporaryFolder folder;
  const std::string whole = test::encode_jpeg(random_image(8, 8, 2), 80);
  const std::string segment("\xFF\xE1\x00\x06\xFF\xD9\xFF\xD9", 8);
  const std::string with_thumbnail = whole.substr(0, 2) + segment + whole.substr(2);
  write_bytes(folder / "a.jpg", with_thumbnail);
  CHECK(load_image(folder / "a.jpg").width == 8);
  write_bytes(folder / "a.jpg", with_thumbnail.substr(0, with_thumbnail.size() - 2));
  CHECK(contains(load_error(folder / "a.jpg"), "truncated"));
}

TEST_CASE("a huffman table of more than 256 codes never reaches the decoder") {
  const test::TemporaryFolder folder;
  std::string bytes = test::encode_jpeg(random_image(8, 8, 2), 80);
  const std::string table = std::string(1, '\0') + std::string(16, '\xFF') + std::string(16 * 255, '\0');
  const std::size_t length = table.size() + 2;
  bytes.insert(2, "\xFF\xC4" + std::string{static_cast<char>(length >> 8), static_cast<char>(length & 0xFF)} + table);
  write_bytes(folder / "a.jpg", bytes);
  CHECK(contains(load_error(folder / "a.jpg"), "malformed segments"));
  // The decoder finds it under another name and behind fill bytes, too.
  write_bytes(folder / "a.tga", "\xFF\xFF" + bytes);
  CHECK(contains(load_error(folder / "a.tga"), "malformed segments"));
}

TEST_CASE("a jpeg that uses a table which it does not define never reaches the decoder") {
  const test::TemporaryFolder folder;
  const std::string whole = test::encode_jpeg(random_image(8, 8, 2), 80);
  const auto with_byte = [&](std::size_t at, char from, char to) {
    REQUIRE(whole.at(at) == from);
    std::string bytes = whole;
    bytes[at] = to;
    write_bytes(folder / "a.jpg", bytes);
    return load_error(folder / "a.jpg");
  };
  // Four tables, of 12, 162, 12 and 162 codes; the last one defines the first of its kind again.
  CHECK(
      contains(with_byte(whole.find("\xFF\xC4") + 4 + 2 * (17 + 12) + 17 + 162, '\x11', '\x10'), "malformed segments"));
  const std::size_t quantisation = whole.find("\xFF\xDB") + 4;
  CHECK(contains(with_byte(quantisation + 65, '\x01', '\0'), "malformed segments"));
  CHECK(contains(with_byte(quantisation + 65, '\x01', '\x04'), "malformed segments"));
  const std::size_t scan = whole.find("\xFF\xDA") + 4;
  CHECK(contains(with_byte(scan + 1, '\x01', '\x09'), "malformed segments"));  // a component of no frame
}

TEST_CASE("a colour that the palette does not define is black, whatever memory held before") {
  using namespace std::string_literals;
  const test::TemporaryFolder folder;
  // A BMP of 16 x 16 pixels that name all of 256 colours, of which the palette has one.
  std::string bytes = "BM"s + "\0\0\0\0\0\0\0\0\x3A\0\0\0"s + "\x28\0\0\0\x10\0\0\0\x10\0\0\0\1\0\x08\0"s +
                      std::string(16, '\0') + "\1\0\0\0\0\0\0\0"s + "\x40\x50\x60\0"s;
  for (int row = 15; row >= 0; --row) {  // the last one comes first
    for (int column = 0; column < 16; ++column) bytes.push_back(static_cast<char>(16 * row + column));
  }
  write_bytes(folder / "a.bmp", bytes);
  std::vector<std::uint8_t> expected(3 * 256);
  expected[0] = 0x60;
  expected[1] = 0x50;
  expected[2] = 0x40;
  CHECK((load_image(folder / "a.bmp").pixels == expected));
}

TEST_CASE("a critical chunk of a png that the decoder does not know is not quoted") {
  const test::TemporaryFolder folder;
  std::string bytes = test::encode_png(random_image(8, 8, 2));
  bytes.insert(bytes.find("IDAT") - 4, std::string("\0\0\0\0\x1b[1m\0\0\0\0", 12));
  write_bytes(folder / "a.png", bytes);
  CHECK(contains(load_error(folder / "a.png"), "malformed segments"));
}

TEST_CASE("corrupted bytes give an image or an error, never a crash") {
  const test::TemporaryFolder folder;
  const Image image = random_image(17, 19, 3);
  test::save(folder / "whole.png", image);
  const std::pair<const char*, std::string> files[] = {{"bad.png", test::read_bytes(folder / "whole.png")},
                                                       {"bad.jpg", test::encode_jpeg(image, 70)},
                                                       {"bad.bmp", test::encode_bmp(image)},
                                                       {"bad.tga", test::encode_tga(image)}};
  RandomStream random(1, 0, 0, Purpose::kTest);
  int refused = 0, read = 0;
  for (const auto& [name, whole] : files) {
    for (int round = 0; round < 300; ++round) {
      std::string bytes = whole;
      for (std::uint32_t flips = 1 + random.below(4); flips > 0; --flips) {
        // Headers are where the lies that matter are told.
        const auto reach = random.below(2) == 0 ? std::uint32_t{64} : static_cast<std::uint32_t>(bytes.size());
        bytes[random.below(reach)] = static_cast<char>(random.below(256));
      }
      write_bytes(folder / name, bytes);
      const std::string text = test::data_error([&] {
        const Image loaded = load_image(folder / name);
        CHECK(loaded.pixels.size() == static_cast<std::size_t>(loaded.height * loaded.width * 3));
      });
      CHECK_FALSE(contains(text, "other kind"));
      ++(text.empty() ? read : refused);
    }
  }
  CHECK(refused > 100);
  CHECK(read > 100);
}

}  // namespace
}  // namespace mdd::data
