#include "data/image_stream.h"

#include <limits>
#include <utility>

#include "data/resize.h"

namespace mdd::data {
namespace {

PathSource source_of(std::vector<std::filesystem::path> paths) {
  return [paths = std::move(paths), next = std::size_t{0}](const std::stop_token&) mutable -> std::optional<PathEntry> {
    if (next == paths.size()) return std::nullopt;
    return PathEntry{paths[next++], nullptr};
  };
}

}  // namespace

StreamedImage prepare_image(const Image& image, std::int64_t size) {
  return {{}, resize_antialiased(image, size, size), image.height, image.width};
}

ImageStream::ImageStream(std::vector<std::filesystem::path> paths, std::int64_t size, int workers, std::int64_t depth)
    : ImageStream(source_of(std::move(paths)), size, workers, depth) {}

ImageStream::ImageStream(PathSource source, std::int64_t size, int workers, std::int64_t depth)
    : source_(std::move(source)),
      size_(size),
      depth_(depth),
      reader_([this](const std::stop_token& stop) { read_paths(stop); }),
      workers_([this](std::int64_t index) { return load(index); }, 0, std::numeric_limits<std::int64_t>::max(), workers,
               depth) {}

// The source ends first: workers may be waiting for its next path.
ImageStream::~ImageStream() {
  reader_.request_stop();
  reader_.join();
}

void ImageStream::read_paths(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  try {
    while (place_free_.wait(lock, stop, [this] { return read_ - delivered_ < depth_; })) {
      lock.unlock();
      std::optional<PathEntry> entry = source_(stop);
      lock.lock();
      if (!entry) break;
      entries_.push_back(std::move(*entry));
      ++read_;
      entry_ready_.notify_all();
    }
  } catch (...) {
    if (!lock.owns_lock()) lock.lock();
    source_error_ = std::current_exception();
  }
  ended_ = true;
  entry_ready_.notify_all();
}

std::optional<PathEntry> ImageStream::take(std::int64_t index) {
  std::unique_lock lock(mutex_);
  entry_ready_.wait(lock, [&] { return index < read_ || ended_; });
  if (index < read_) return entries_[static_cast<std::size_t>(index - delivered_)];
  if (source_error_) std::rethrow_exception(source_error_);
  return std::nullopt;
}

ImageStream::Loaded ImageStream::load(std::int64_t index) {
  std::optional<PathEntry> entry = take(index);
  Loaded out;
  out.end = !entry;
  if (!entry) return out;
  out.error = entry->error;
  try {
    if (!out.error) out.image = prepare_image(load_image(entry->path), size_);
  } catch (...) {
    out.error = std::current_exception();
  }
  out.image.path = std::move(entry->path);
  return out;
}

bool ImageStream::next(StreamedImage& out) {
  std::optional<Loaded> loaded = workers_.next();
  if (!loaded || loaded->end) return false;
  out = std::move(loaded->image);
  {
    const std::lock_guard lock(mutex_);
    entries_.pop_front();
    ++delivered_;
  }
  place_free_.notify_one();
  if (loaded->error) std::rethrow_exception(loaded->error);
  return true;
}

bool ImageStream::idle() {
  const std::lock_guard lock(mutex_);
  return delivered_ == read_;
}

}  // namespace mdd::data
