#include "data/image_cache.h"

#include <utility>

#include "core/error.h"
#include "data/resize.h"

namespace mdd::data {

ImageCache::ImageCache(std::vector<std::filesystem::path> paths, std::int64_t size, std::uint64_t byte_limit)
    : paths_(std::move(paths)), size_(size), byte_limit_(byte_limit), kept_(paths_.size()) {}

std::shared_ptr<const Image> ImageCache::get(std::size_t index) {
  require(index < paths_.size(), "image cache: index in range");
  {
    const std::lock_guard lock(mutex_);
    if (kept_[index] != nullptr) return kept_[index];
  }
  // Two threads may decode the same image at once; that is rare and costs less than a lock for every image.
  auto image = std::make_shared<const Image>(resize_antialiased(load_image(paths_[index]), size_, size_));
  const std::lock_guard lock(mutex_);
  if (kept_[index] == nullptr && kept_bytes_ + image->pixels.size() <= byte_limit_) {
    kept_[index] = image;
    kept_bytes_ += image->pixels.size();
  }
  return image;
}

void ImageCache::forget(std::size_t index) {
  require(index < paths_.size(), "image cache: index in range");
  const std::lock_guard lock(mutex_);
  if (kept_[index] != nullptr) kept_bytes_ -= kept_[index]->pixels.size();
  kept_[index] = nullptr;
}

}  // namespace mdd::data
