// Images for evaluation and prediction: in order, decoded and resized ahead by worker threads.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "data/image.h"
#include "data/ordered_workers.h"

namespace mdd::data {

struct StreamedImage {
  Image image;                                           ///< size x size
  std::int64_t original_height = 0, original_width = 0;  ///< as stored in the file
};

class ImageStream {
 public:
  /// Goes through `paths` once, at most `depth` images ahead of the consumer; size, workers and depth are positive.
  ImageStream(std::vector<std::filesystem::path> paths, std::int64_t size, int workers, std::int64_t depth);

  /// Fills `out` with the next image, or returns false after the last one. Throws the error of an image that cannot be
  /// read (load_image); the call after that goes on with the image after it.
  [[nodiscard]] bool next(StreamedImage& out);

 private:
  const std::vector<std::filesystem::path> paths_;
  OrderedWorkers<StreamedImage> workers_;  ///< last, so that it ends before what it uses
};

}  // namespace mdd::data
