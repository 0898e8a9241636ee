// Decoded and resized images, kept up to a limit so that later epochs do not decode them again.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "data/image.h"

namespace mdd::data {

/// Thread safe. Keeps what comes first until it is full and never evicts: every image is used about once an epoch, so
/// that replacing one by another would gain nothing.
class ImageCache {
 public:
  /// Images are size x size; kept pixels take at most `byte_limit` bytes.
  ImageCache(std::vector<std::filesystem::path> paths, std::int64_t size, std::uint64_t byte_limit);

  [[nodiscard]] std::size_t count() const noexcept { return paths_.size(); }

  /// The image paths[index] at size x size. Throws what load_image throws.
  [[nodiscard]] std::shared_ptr<const Image> get(std::size_t index);
  /// Makes room for others: this image will not be asked for again.
  void forget(std::size_t index);

 private:
  const std::vector<std::filesystem::path> paths_;
  const std::int64_t size_;
  const std::uint64_t byte_limit_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<const Image>> kept_;  ///< null where not kept
  std::uint64_t kept_bytes_ = 0;
};

}  // namespace mdd::data
