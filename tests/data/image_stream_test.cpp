#include "data/image_stream.h"

#include <doctest/doctest.h>

#include "data/resize.h"
#include "fixtures.h"
#include "support/temporary_folder.h"

namespace mdd::data {
namespace {

using test::TemporaryFolder;

TEST_CASE("images come in order, resized, with their own sizes") {
  const TemporaryFolder folder;
  std::vector<std::filesystem::path> paths;
  for (std::uint32_t i = 0; i < 9; ++i) {
    paths.push_back(folder / (std::to_string(i) + ".png"));
    test::save(paths.back(), test::random_image(10 + i, 40 - i, i));
  }
  for (const int workers : {1, 4}) {
    ImageStream stream(paths, 24, workers, 3);
    StreamedImage streamed;
    for (std::uint32_t i = 0; i < 9; ++i) {
      REQUIRE(stream.next(streamed));
      CHECK(streamed.original_height == 10 + i);
      CHECK(streamed.original_width == 40 - i);
      CHECK(streamed.image.height == 24);
      CHECK(streamed.image.width == 24);
      CHECK(streamed.image.pixels == resize_antialiased(test::random_image(10 + i, 40 - i, i), 24, 24).pixels);
    }
    CHECK_FALSE(stream.next(streamed));
  }
}

TEST_CASE("a bad image is reported in its place, the rest follows") {
  const TemporaryFolder folder;
  const std::vector<std::filesystem::path> paths = {folder / "0.png", folder / "1.png", folder / "2.png"};
  test::save(paths[0], test::random_image(8, 8, 0));
  test::write_bytes(paths[1], "");
  test::save(paths[2], test::random_image(8, 8, 2));
  ImageStream stream(paths, 8, 2, 4);
  StreamedImage streamed;
  CHECK(stream.next(streamed));
  CHECK(test::contains(test::data_error([&] { (void)stream.next(streamed); }), paths[1].string()));
  CHECK(stream.next(streamed));
  CHECK(streamed.image.pixels == test::random_image(8, 8, 2).pixels);
  CHECK_FALSE(stream.next(streamed));
}

TEST_CASE("no images, no results") {
  ImageStream stream({}, 8, 2, 4);
  StreamedImage streamed;
  CHECK_FALSE(stream.next(streamed));
}

}  // namespace
}  // namespace mdd::data
