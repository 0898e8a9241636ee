#include "inference/device_pixels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "eval/components.h"

namespace mdd {
namespace {

/// What MemoryResource::allocate says.
bool out_of_memory(const Error& error) {
  return error.kind() == ErrorKind::kRuntime && std::string_view(error.what()).starts_with("out of memory");
}

template <class Element>
std::vector<Element> download(Backend& backend, const Tensor& tensor) {
  std::vector<Element> out(static_cast<std::size_t>(tensor.elements()));
  backend.copy_to_host(std::as_writable_bytes(std::span(out)), tensor);
  return out;
}

}  // namespace

DevicePixels::DevicePixels(Backend& backend, std::int64_t images, std::int64_t height, std::int64_t width,
                           eval::PixelStorage host)
    : backend_(&backend), capacity_(images), height_(height), width_(width), storage_(std::move(host)) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  require(images > 0 && height > 0 && width > 0 && height <= kMost / width && images <= kMost / (height * width),
          "device pixels: extents");
  scores_ = {nullptr, DType::kF32, {images, height, width}};
  areas_ = {nullptr, DType::kI32, {images, height, width}};
  metrics_ = {nullptr, DType::kF64, {4}};
  try {
    score_memory_ = Buffer(backend, scores_.bytes());
    area_memory_ = Buffer(backend, areas_.bytes());
    metric_memory_ = Buffer(backend, metrics_.bytes());
  } catch (const Error& error) {
    if (!out_of_memory(error)) throw;
    on_host();
    return;
  }
  scores_.data = score_memory_.data();
  areas_.data = area_memory_.data();
  metrics_.data = metric_memory_.data();
}

void DevicePixels::add(const eval::ImagePixels& image) {
  if (images_ == capacity_) on_host();
  if (host_.has_value()) return host_->add(image);
  const Tensor& map = image.device_map;
  require(map.defined() && map.elements() == height_ * width_, "device pixels: map has the extents of the class");
  require(image.mask.empty() || image.mask.size() == pixels_of_map(),
          "device pixels: mask has the extents of the class");
  backend_->copy(map.reshaped({1, height_, width_}), scores_.rows(images_, 1));
  write_areas(image.mask);
  ++images_;
}

void DevicePixels::write_areas(std::span<const std::uint8_t> mask) {
  const Tensor areas = areas_.rows(images_, 1);
  const auto normals = std::count(mask.begin(), mask.end(), std::uint8_t{0});
  if (normals == std::ssize(mask)) return backend_->fill(areas, 0.0f);
  const eval::Components components = eval::label_components(mask, height_, width_);
  std::vector<std::int32_t> values(mask.size());
  std::transform(components.labels.begin(), components.labels.end(), values.begin(), [&](std::int32_t label) {
    return label == 0 ? 0 : static_cast<std::int32_t>(components.areas[static_cast<std::size_t>(label - 1)]);
  });
  backend_->copy_from_host(areas, std::as_bytes(std::span(values)));
  defects_ += static_cast<std::uint64_t>(std::ssize(mask) - normals);
  components_ += components.areas.size();
}

eval::PixelMetrics DevicePixels::metrics(double limit) {
  if (host_.has_value()) return host_->metrics(limit);
  if (defects_ == 0 || defects_ == static_cast<std::uint64_t>(images_) * pixels_of_map()) return {};
  try {
    backend_->pixel_metrics({static_cast<std::int64_t>(components_), limit}, scores_.rows(0, images_),
                            areas_.rows(0, images_), metrics_);
  } catch (const Error& error) {
    if (!out_of_memory(error)) throw;
    return on_host().metrics(limit);
  }
  const std::vector<double> found = download<double>(*backend_, metrics_);
  if (std::isnan(found[0])) fail(ErrorKind::kRuntime, "metrics: an anomaly score is NaN; expected numbers only");
  return {{found[0], found[1], found[2]}, found[3]};
}

eval::PixelPool& DevicePixels::on_host() {
  if (host_.has_value()) return *host_;
  eval::PixelPool pool(height_, width_, storage_);
  for (std::int64_t i = 0; i < images_; ++i) {
    const std::vector<float> map = download<float>(*backend_, scores_.rows(i, 1));
    const std::vector<std::int32_t> areas = download<std::int32_t>(*backend_, areas_.rows(i, 1));
    std::vector<std::uint8_t> mask(areas.size());
    std::transform(areas.begin(), areas.end(), mask.begin(), [](std::int32_t area) { return area == 0 ? 0 : 1; });
    pool.add(map, mask);
  }
  host_ = std::move(pool);
  give_back_memory();
  return *host_;
}

void DevicePixels::clear() {
  host_.emplace(height_, width_, storage_);
  give_back_memory();
}

void DevicePixels::give_back_memory() {
  for (Buffer* memory : {&score_memory_, &area_memory_, &metric_memory_}) memory->reset();
}

}  // namespace mdd
