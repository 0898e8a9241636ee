// Images for evaluation and prediction: in order, decoded and resized ahead by worker threads.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "data/image.h"
#include "data/ordered_workers.h"

namespace mdd::data {

struct StreamedImage {
  std::filesystem::path path;
  Image image;                                           ///< size x size
  std::int64_t original_height = 0, original_width = 0;  ///< as stored in the file
};

/// What a model of side `size` sees of an image of any extents.
[[nodiscard]] StreamedImage prepare_image(const Image& image, std::int64_t size);

/// One entry of a list of images: a path, and why it leads nowhere if that is known already.
struct PathEntry {
  std::filesystem::path path;
  std::exception_ptr error;
};
/// The next entry, or nothing after the last one. It is called from one thread of the stream and may wait as long as it
/// likes (for a pipe, say), but returns nothing soon after a stop is requested.
using PathSource = std::function<std::optional<PathEntry>(const std::stop_token&)>;

class ImageStream {
 public:
  /// Goes through `paths` once, at most `depth` images ahead of the consumer; size, workers and depth are positive.
  ImageStream(std::vector<std::filesystem::path> paths, std::int64_t size, int workers, std::int64_t depth);
  /// The same for a list that need not be known, or have an end, yet.
  ImageStream(PathSource source, std::int64_t size, int workers, std::int64_t depth);
  ~ImageStream();
  ImageStream(const ImageStream&) = delete;
  ImageStream& operator=(const ImageStream&) = delete;

  /// Fills `out` with the next image, or returns false after the last one. Throws the error of an image that cannot be
  /// read (load_image) or of its entry, with its path in `out`; the call after that goes on with the image after it.
  [[nodiscard]] bool next(StreamedImage& out);
  /// Whether every image of the paths that the source has given so far was delivered: next() would wait for the source.
  [[nodiscard]] bool idle();

 private:
  struct Loaded {
    StreamedImage image;
    std::exception_ptr error;
    bool end = false;
  };
  void read_paths(const std::stop_token& stop);
  /// Waits for the source to give entry `index`; nothing if it ends before.
  [[nodiscard]] std::optional<PathEntry> take(std::int64_t index);
  [[nodiscard]] Loaded load(std::int64_t index);

  const PathSource source_;
  const std::int64_t size_, depth_;
  std::mutex mutex_;
  std::condition_variable_any place_free_;
  std::condition_variable entry_ready_;
  std::deque<PathEntry> entries_;  ///< delivered_ .. read_ - 1
  std::int64_t read_ = 0, delivered_ = 0;
  bool ended_ = false;
  std::exception_ptr source_error_;
  std::jthread reader_;
  OrderedWorkers<Loaded> workers_;  ///< last, so that it ends before what it uses
};

}  // namespace mdd::data
