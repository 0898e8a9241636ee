// Decoding of well-formed images of every kind, masks, and PNG writing.
#include "data/image.h"

#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <thread>

#include "fixtures.h"
#include "support/temporary_folder.h"

namespace mdd::data {
namespace {

using test::random_image;
using test::write_bytes;

using Bytes = std::vector<std::uint8_t>;

// Grey, 2 x 2, 16 bits: 0x0001 0x0100 / 0x8000 0xffff.
const Bytes kGrey16 = {0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44,
                       0x52, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x02, 0x10, 0x00, 0x00, 0x00, 0x00, 0x07,
                       0x4d, 0x8e, 0xbb, 0x00, 0x00, 0x00, 0x12, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x60,
                       0x60, 0x64, 0x64, 0x60, 0x68, 0x60, 0xf8, 0xff, 0x1f, 0x00, 0x05, 0x16, 0x02, 0x81, 0xef,
                       0x10, 0x46, 0x1c, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};

TEST_CASE("png round trip keeps every value") {
  const test::TemporaryFolder folder;
  const Image image = random_image(13, 29, 1);
  test::save(folder / "a.png", image);
  const Image loaded = load_image(folder / "a.png");
  CHECK(loaded.height == 13);
  CHECK(loaded.width == 29);
  CHECK(loaded.pixels == image.pixels);
}

TEST_CASE("grey is replicated, alpha is dropped without blending") {
  const test::TemporaryFolder folder;
  save_png(folder / "grey.png", 1, 2, 1, Bytes{10, 200});
  CHECK(load_image(folder / "grey.png").pixels == Bytes{10, 10, 10, 200, 200, 200});
  save_png(folder / "grey_alpha.png", 1, 2, 2, Bytes{10, 0, 200, 128});
  CHECK(load_image(folder / "grey_alpha.png").pixels == Bytes{10, 10, 10, 200, 200, 200});
  save_png(folder / "alpha.png", 1, 2, 4, Bytes{1, 2, 3, 0, 100, 150, 200, 77});
  CHECK(load_image(folder / "alpha.png").pixels == Bytes{1, 2, 3, 100, 150, 200});
}

TEST_CASE("one pixel is an image") {
  const test::TemporaryFolder folder;
  save_png(folder / "one.png", 1, 1, 3, Bytes{9, 8, 7});
  const Image image = load_image(folder / "one.png");
  CHECK(image.height == 1);
  CHECK(image.width == 1);
  CHECK(image.pixels == Bytes{9, 8, 7});
}

TEST_CASE("16 bits are reduced to the upper 8") {
  const test::TemporaryFolder folder;
  write_bytes(folder / "deep.png", std::string(kGrey16.begin(), kGrey16.end()));
  CHECK(load_image(folder / "deep.png").pixels == Bytes{0, 0, 0, 1, 1, 1, 128, 128, 128, 255, 255, 255});
}

TEST_CASE("bmp and tga are exact, jpeg is close") {
  const test::TemporaryFolder folder;
  const Image image = random_image(9, 14, 2);
  write_bytes(folder / "a.bmp", test::encode_bmp(image));
  CHECK(load_image(folder / "a.bmp").pixels == image.pixels);
  write_bytes(folder / "a.TGA", test::encode_tga(image));
  CHECK(load_image(folder / "a.TGA").pixels == image.pixels);

  Image smooth{32, 32, {}};
  for (int i = 0; i < 32 * 32; ++i) smooth.pixels.insert(smooth.pixels.end(), 3, static_cast<std::uint8_t>(i / 32 * 7));
  write_bytes(folder / "a.jpg", test::encode_jpeg(smooth, 95));
  const Image loaded = load_image(folder / "a.jpg");
  REQUIRE(loaded.pixels.size() == smooth.pixels.size());
  int worst = 0;
  for (std::size_t i = 0; i < smooth.pixels.size(); ++i) {
    worst = std::max(worst, std::abs(loaded.pixels[i] - smooth.pixels[i]));
  }
  CHECK(worst <= 6);
}

TEST_CASE("the content decides the format, not the extension") {
  const test::TemporaryFolder folder;
  const Image image = random_image(4, 4, 3);
  write_bytes(folder / "actually_bmp.png", test::encode_bmp(image));
  CHECK(load_image(folder / "actually_bmp.png").pixels == image.pixels);
}

TEST_CASE("a mask is defect where any colour is above 0") {
  const test::TemporaryFolder folder;
  save_png(folder / "grey.png", 2, 2, 1, Bytes{0, 1, 255, 0});
  const Mask mask = load_mask(folder / "grey.png");
  CHECK(mask.height == 2);
  CHECK(mask.width == 2);
  CHECK(mask.pixels == Bytes{0, 1, 1, 0});
  save_png(folder / "colour.png", 1, 4, 3, Bytes{0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0});
  CHECK(load_mask(folder / "colour.png").pixels == Bytes{1, 1, 1, 0});
  save_png(folder / "alpha.png", 1, 2, 4, Bytes{0, 0, 0, 255, 5, 0, 0, 0});
  CHECK(load_mask(folder / "alpha.png").pixels == Bytes{0, 1});
}

TEST_CASE("a 16-bit mask keeps values below one 8-bit step") {
  const test::TemporaryFolder folder;
  write_bytes(folder / "deep.png", std::string(kGrey16.begin(), kGrey16.end()));
  CHECK(load_mask(folder / "deep.png").pixels == Bytes{1, 1, 1, 1});
}

TEST_CASE("several threads decode at once") {
  const test::TemporaryFolder folder;
  const Image image = random_image(40, 40, 4);
  test::save(folder / "a.png", image);
  write_bytes(folder / "b.png", "no image");
  std::vector<int> right(4);
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < right.size(); ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 10; ++i) {
          const bool failed = !test::data_error([&] { (void)load_image(folder / "b.png"); }).empty();
          right[t] += failed && load_image(folder / "a.png").pixels == image.pixels ? 1 : 0;
        }
      });
    }
  }
  CHECK(right == std::vector<int>{10, 10, 10, 10});
}

TEST_CASE("save_png reports what it cannot write") {
  const test::TemporaryFolder folder;
  CHECK_THROWS_AS(save_png(folder / "no/such/folder.png", 1, 1, 1, Bytes{0}), Error);
  CHECK_THROWS_AS(save_png(folder / "a.png", 2, 2, 3, Bytes{0}), Error);
  CHECK_FALSE(std::filesystem::exists(folder / "a.png"));
}

}  // namespace
}  // namespace mdd::data
