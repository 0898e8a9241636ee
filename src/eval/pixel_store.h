// Where the pixels of all test images of one class are kept until their metrics are computed.
#pragma once
#include <cstdint>
#include <span>

#include "core/tensor.h"
#include "eval/histogram_metrics.h"
#include "eval/pixel_metrics.h"

namespace mdd::eval {

/// One test image, H x W, row-major.
struct ImagePixels {
  std::span<const float> map;  ///< higher means more anomalous
  Tensor device_map;           ///< the same where the model left it, until add() returns; undefined if that is nowhere
  std::span<const std::uint8_t> mask;  ///< non-zero = defect; empty = all normal
};

class PixelStore {
 public:
  virtual ~PixelStore() = default;
  /// Throws Error(kRuntime) on extents that are not the class's, and on what an implementation cannot take; it takes
  /// nothing then.
  virtual void add(const ImagePixels& image) = 0;
  /// Forgets all pixels and gives their memory back.
  virtual void clear() = 0;

  /// Metrics of the images so far; more may be added afterwards. AUPRO up to `limit` in (0, 1]. Throws Error(kRuntime)
  /// if a value of a map is NaN, unless add() did.
  [[nodiscard]] virtual PixelMetrics metrics(double limit) = 0;
  /// Throws Error(kRuntime) if a value of a map was infinite.
  [[nodiscard]] virtual AderRow ader() = 0;
  [[nodiscard]] virtual std::size_t pixels_of_map() const = 0;
};

}  // namespace mdd::eval
