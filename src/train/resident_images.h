// A data set in a backend's memory: an image crosses over once, when it is first used, and from then on batches and
// their anomaly sources are made out of it where it lies (Backend::anomaly_sources).
#pragma once
#include <atomic>
#include <memory>
#include <optional>

#include "core/memory_resource.h"
#include "data/loader.h"
#include "ops/backend.h"

namespace mdd {

/// Bytes to keep images in: what was wanted; else 2 GiB on a GPU, and none (the host distorts, beside the step) where
/// the backend is the host itself.
[[nodiscard]] std::optional<std::uint64_t> resident_bytes(const Backend& backend, std::optional<std::uint64_t> wanted);

class ResidentImages {
 public:
  /// For images numbered 0 .. images - 1 of side `side`, and batches of up to `batch`. Those that come first stay, as
  /// far as they take no more than `byte_limit`; others come again with every batch that needs them.
  ResidentImages(Backend& backend, std::int64_t images, std::int64_t side, std::int64_t batch,
                 std::uint64_t byte_limit);

  /// LoaderOptions::resident. May be called while another thread is in make().
  [[nodiscard]] bool holds(std::size_t image) const noexcept { return place_of(image) >= 0; }
  /// Takes the batch's new pixels in; images u8 [2 N,S,S,3] = its normal images, then their anomaly sources.
  void make(const data::Batch& batch, const Tensor& images);

 private:
  static constexpr std::int32_t kNowhere = -1;

  [[nodiscard]] std::int32_t place_of(std::size_t image) const noexcept {
    return places_[image].load(std::memory_order_relaxed);  // the number is all that other threads learn
  }
  void upload(const data::Image& image, std::int32_t place);

  Backend* backend_;
  std::int32_t lasting_;    ///< places that are given once; those behind them serve one batch after the other
  std::int32_t given_ = 0;  ///< of the lasting ones
  Tensor pool_;             ///< u8 [places,S,S,3]
  Buffer buffer_;
  std::vector<std::atomic<std::int32_t>> places_;  ///< by image; kNowhere: none that lasts
};

}  // namespace mdd
