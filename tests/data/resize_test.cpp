// Expected values and checksums are Pillow 11.3.0's Image.resize(size, BILINEAR) of the same images. (Pillow 13 filters
// columns first when the height shrinks much more than the width, and is off by one there.)
#include "data/resize.h"

#include <doctest/doctest.h>

#include "fixtures.h"

namespace mdd::data {
namespace {

using Bytes = std::vector<std::uint8_t>;

Image pattern(std::int64_t height, std::int64_t width) {
  Image image{height, width, {}};
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) {
      for (std::int64_t c = 0; c < 3; ++c) {
        image.pixels.push_back(static_cast<std::uint8_t>(y * y * 7 + x * 13 + x * y * 3 + c * 50 + x * x / 4));
      }
    }
  }
  return image;
}

Mask mask_pattern(std::int64_t height, std::int64_t width) {
  Mask mask{height, width, {}};
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) mask.pixels.push_back((y * 5 + x * 3) % 11 < 4 ? 1 : 0);
  }
  return mask;
}

/// FNV-1a, 64 bits.
std::uint64_t checksum(const Bytes& bytes) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3u;
  return hash;
}

TEST_CASE("downscaling and upscaling give Pillow's values") {
  CHECK(resize_antialiased(pattern(5, 7), 3, 4).pixels ==
        Bytes{10,  60,  110, 34,  84,  134, 63,  113, 163, 89,  139, 189, 41,  91,  141, 72,  122, 172,
              109, 159, 198, 143, 193, 189, 104, 154, 197, 141, 191, 124, 188, 133, 120, 152, 132, 77});
  CHECK(resize_antialiased(pattern(2, 3), 4, 5).pixels ==
        Bytes{0,   50,  100, 5,   55,  105, 13,  63,  113, 21,  71,  121, 27,  77,  127, 2,   52,  102, 7,   57,
              107, 16,  66,  116, 24,  74,  124, 30,  80,  130, 5,   55,  105, 11,  61,  111, 21,  71,  121, 30,
              80,  130, 37,  87,  137, 7,   57,  107, 13,  63,  113, 23,  73,  123, 33,  83,  133, 40,  90,  140});
}

TEST_CASE("larger images of ragged sizes have Pillow's checksums") {
  struct Case {
    std::int64_t height, width, size_h, size_w;
    std::uint64_t checksum;
  };
  const Case cases[] = {
      {13, 17, 8, 8, 0xbc5c26258d3ff0b6u},        {37, 53, 64, 64, 0x41c5e3f64a3e4bb1u},
      {100, 80, 32, 32, 0xe3d9e0fa9e50cad9u},     {7, 5, 20, 31, 0x8e963eb01edca8aau},
      {300, 3, 16, 16, 0x0964c7fca92ca5a7u},      {64, 64, 64, 32, 0x74c5ec2050d85fd8u},
      {64, 64, 32, 64, 0x589c0e9405e00462u},      {1, 1, 5, 5, 0x9f257eaa68f8b069u},
      {1024, 700, 256, 256, 0xe4dde726e663eb5au}, {255, 257, 256, 256, 0x47834e143776a757u},
  };
  for (const Case& one : cases) {
    CAPTURE(one.height);
    CAPTURE(one.width);
    const Image resized = resize_antialiased(pattern(one.height, one.width), one.size_h, one.size_w);
    CHECK(resized.height == one.size_h);
    CHECK(resized.width == one.size_w);
    CHECK(checksum(resized.pixels) == one.checksum);
  }
}

TEST_CASE("a constant image stays constant") {
  for (const std::uint8_t value : {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{127}, std::uint8_t{255}}) {
    const Image flat{31, 45, Bytes(31 * 45 * 3, value)};
    CHECK(resize_antialiased(flat, 64, 17).pixels == Bytes(64 * 17 * 3, value));
    CHECK(resize_antialiased(flat, 9, 77).pixels == Bytes(9 * 77 * 3, value));
  }
}

TEST_CASE("the same size is the same image") {
  const Image image = test::random_image(23, 41, 1);
  CHECK(resize_antialiased(image, 23, 41).pixels == image.pixels);
}

TEST_CASE("resizing commutes with mirroring") {
  const Image image = test::random_image(21, 34, 2);
  const auto mirrored = [](const Image& from) {
    Image out = from;
    for (std::int64_t i = 0; i < from.height * from.width; ++i) {
      const std::int64_t to = i / from.width * from.width + from.width - 1 - i % from.width;
      for (std::int64_t c = 0; c < 3; ++c) {
        out.pixels[static_cast<std::size_t>(to * 3 + c)] = from.pixels[static_cast<std::size_t>(i * 3 + c)];
      }
    }
    return out;
  };
  CHECK(resize_antialiased(mirrored(image), 16, 16).pixels == mirrored(resize_antialiased(image, 16, 16)).pixels);
}

TEST_CASE("masks are resized by the same filter and cut at one half") {
  CHECK(resize_mask(mask_pattern(9, 11), 5, 6).pixels ==
        Bytes{1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0});
  CHECK(resize_mask(mask_pattern(4, 3), 6, 7).pixels == Bytes{1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1,
                                                              0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0,
                                                              0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  const Mask mask = mask_pattern(12, 10);
  CHECK(resize_mask(mask, 12, 10).pixels == mask.pixels);
  CHECK(resize_mask({3, 3, Bytes(9, 1)}, 8, 8).pixels == Bytes(64, 1));
  CHECK(resize_mask({3, 3, Bytes(9, 0)}, 8, 8).pixels == Bytes(64, 0));
}

TEST_CASE("impossible sizes are refused") {
  const Image image = test::random_image(4, 4, 3);
  CHECK_THROWS_AS((void)resize_antialiased(image, 0, 4), Error);
  CHECK_THROWS_AS((void)resize_antialiased(image, 4, -1), Error);
  CHECK_THROWS_AS((void)resize_antialiased(image, 4, 1 << 20), Error);
  CHECK_THROWS_AS((void)resize_antialiased({4, 4, Bytes(3)}, 2, 2), Error);
}

}  // namespace
}  // namespace mdd::data
