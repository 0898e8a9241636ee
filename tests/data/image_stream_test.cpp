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
      CHECK(streamed.path == paths[i]);
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

/// Gives what is put into it, and waits in between, as a pipe does.
class Pipe {
 public:
  void put(PathEntry entry) {
    const std::lock_guard lock(mutex_);
    entries_.push_back(std::move(entry));
  }
  PathSource source() {
    return [this](const std::stop_token& stop) -> std::optional<PathEntry> {
      while (!stop.stop_requested()) {
        {
          const std::lock_guard lock(mutex_);
          if (!entries_.empty()) {
            PathEntry entry = entries_.front();
            entries_.pop_front();
            return entry;
          }
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      return std::nullopt;
    };
  }

 private:
  std::mutex mutex_;
  std::deque<PathEntry> entries_;
};

TEST_CASE("a list without an end: what is there comes at once, a bad entry in its place, and stopping does not wait") {
  const TemporaryFolder folder;
  Pipe pipe;
  for (const int workers : {1, 3}) {
    ImageStream stream(pipe.source(), 8, workers, 4);
    StreamedImage streamed;
    for (std::uint32_t i = 0; i < 6; ++i) {
      const auto path = folder / (std::to_string(i) + ".png");
      test::save(path, test::random_image(8, 8, i));
      pipe.put({path, nullptr});
      REQUIRE(stream.next(streamed));  // although nothing follows yet
      CHECK(streamed.path == path);
      CHECK(stream.idle());
    }
    pipe.put({"list", std::make_exception_ptr(Error(ErrorKind::kData, "a bad line"))});
    CHECK(test::contains(test::data_error([&] { (void)stream.next(streamed); }), "a bad line"));
    CHECK(streamed.path == "list");
    pipe.put({folder / "missing.png", nullptr});
    CHECK(test::contains(test::data_error([&] { (void)stream.next(streamed); }), "missing.png"));
    CHECK(streamed.path == folder / "missing.png");
  }  // ends while its source waits
}

TEST_CASE("the end of a list, and a list that fails altogether") {
  StreamedImage streamed;
  ImageStream ends([](const std::stop_token&) { return std::optional<PathEntry>(); }, 8, 3, 2);
  for (int i = 0; i < 5; ++i) CHECK_FALSE(ends.next(streamed));
  ImageStream breaks(
      [](const std::stop_token&) -> std::optional<PathEntry> { fail(ErrorKind::kData, "the list is gone"); }, 8, 3, 2);
  CHECK(test::contains(test::data_error([&] { (void)breaks.next(streamed); }), "the list is gone"));
}

TEST_CASE("no images, no results") {
  ImageStream stream(std::vector<std::filesystem::path>{}, 8, 2, 4);
  StreamedImage streamed;
  CHECK_FALSE(stream.next(streamed));
}

}  // namespace
}  // namespace mdd::data
