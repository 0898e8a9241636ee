#include "data/image_stream.h"

#include <optional>
#include <utility>

#include "data/resize.h"

namespace mdd::data {
namespace {

StreamedImage load_streamed(const std::filesystem::path& path, std::int64_t size) {
  const Image image = load_image(path);
  return {resize_antialiased(image, size, size), image.height, image.width};
}

}  // namespace

ImageStream::ImageStream(std::vector<std::filesystem::path> paths, std::int64_t size, int workers, std::int64_t depth)
    : paths_(std::move(paths)),
      workers_(
          [this, size](std::int64_t index) { return load_streamed(paths_[static_cast<std::size_t>(index)], size); }, 0,
          static_cast<std::int64_t>(paths_.size()), workers, depth) {}

bool ImageStream::next(StreamedImage& out) {
  std::optional<StreamedImage> image = workers_.next();
  if (!image) return false;
  out = std::move(*image);
  return true;
}

}  // namespace mdd::data
