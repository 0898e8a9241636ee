// The pixels of one class on the model's device, so that they are ranked where they were computed.
#pragma once
#include <optional>

#include "eval/pixel_pool.h"
#include "ops/backend.h"

namespace mdd {

/// Keeps score and area (of its defect component) of every pixel, for Backend::pixel_metrics; only masks are looked at
/// on the host. Whatever the device cannot do (no memory left, more images than announced, the coarse variants) moves
/// all pixels to a PixelPool, which goes on from there: nothing that was added is lost.
class DevicePixels final : public eval::PixelStore {
 public:
  /// Device bytes for `pixels` pixels, ranking included.
  [[nodiscard]] static std::uint64_t bytes(std::uint64_t pixels) { return 24 * pixels; }

  /// Room for `images` maps of height x width, fewer than 2^31 pixels in all. `backend` outlives this store; `host` is
  /// for the pool.
  DevicePixels(Backend& backend, std::int64_t images, std::int64_t height, std::int64_t width, eval::PixelStorage host);

  /// Takes the map from the device, where it must be. A NaN in it shows in metrics() only.
  void add(const eval::ImagePixels& image) override;
  void clear() override;
  [[nodiscard]] eval::PixelMetrics metrics(double limit) override;
  [[nodiscard]] eval::AderRow ader() override { return on_host().ader(); }
  [[nodiscard]] std::size_t pixels_of_map() const override { return static_cast<std::size_t>(height_ * width_); }
  /// Whether the pixels have not moved.
  [[nodiscard]] bool on_device() const { return !host_.has_value(); }

 private:
  /// Of the image after the last.
  void write_areas(std::span<const std::uint8_t> mask);
  /// Moves the pixels if they have not moved yet.
  eval::PixelPool& on_host();
  void give_back_memory();

  Backend* backend_;
  std::int64_t capacity_, height_, width_;
  eval::PixelStorage storage_;
  Buffer score_memory_, area_memory_, metric_memory_;
  Tensor scores_, areas_;    ///< f32, i32 [capacity, height, width]
  Tensor metrics_;           ///< f64 [4]
  std::int64_t images_ = 0;  ///< added so far
  std::uint64_t defects_ = 0, components_ = 0;
  std::optional<eval::PixelPool> host_;
};

}  // namespace mdd
