// Collects the test images of one class and turns them into a row of the result table (spec S10).
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "eval/pixel_pool.h"

namespace mdd::eval {

/// One row of the table: fractions in 0..1; nullopt = undefined, which is never printed as a number.
struct MetricRow {
  std::optional<double> image_auroc;
  std::optional<double> image_ap;
  std::optional<double> image_f1max;
  std::optional<double> pixel_auroc;
  std::optional<double> pixel_ap;
  std::optional<double> pixel_f1max;
  std::optional<double> aupro;
  std::optional<double> vote_accuracy;  ///< share of images voted into their class; not part of mAD
  std::int64_t images = 0;
};

/// The mean row: each metric over the classes where it is defined; `images` is their sum.
struct MeanRow : MetricRow {
  std::optional<double> mad;  ///< mean of the seven means; undefined if one of them is
};

/// What is known about one test image after inference.
struct ImageOutcome {
  float score = 0.0f;                  ///< image score
  bool defective = false;              ///< true label
  std::int64_t vote = -1;              ///< class that the memory voted for
  std::int64_t true_class = -1;        ///< index in the model's classes; negative = the model does not know the class
  std::span<const float> map;          ///< H x W fused anomaly map
  std::span<const std::uint8_t> mask;  ///< H x W ground truth, non-zero = defect; empty = absent
  Tensor device_map{};                 ///< the map on the model's device; what ImagePixels says of it
};

class ClassMetrics {
 public:
  /// Extents of every map of the class. Throws Error(kRuntime) unless both are positive and their product fits 31 bits.
  ClassMetrics(std::int64_t height, std::int64_t width, PixelStorage storage = {});
  explicit ClassMetrics(std::unique_ptr<PixelStore> pixels) : pixels_(std::move(pixels)) {}

  /// Copies what it needs. A normal image without a mask counts as all normal pixels; one defective image without a
  /// mask leaves the four pixel metrics of the class undefined. Throws Error(kRuntime) on wrong extents, on NaN in the
  /// score and, while pixel metrics are defined, on what the store's add() throws.
  void add(const ImageOutcome& image);

  /// The row of the images so far. Throws what the store's metrics() throws. vote_accuracy is undefined without images
  /// or if the model does not know the class of one.
  [[nodiscard]] MetricRow row();
  /// Throws Error(kRuntime) if a value of a map was infinite.
  [[nodiscard]] AderRow ader_row();

 private:
  std::vector<float> scores_;
  std::vector<std::uint8_t> defective_;
  std::int64_t right_votes_ = 0;
  bool class_unknown_ = false;
  bool mask_missing_ = false;
  std::unique_ptr<PixelStore> pixels_;  ///< emptied once a mask is missing
};

[[nodiscard]] MeanRow mean_of(std::span<const MetricRow> rows);
[[nodiscard]] AderRow mean_of(std::span<const AderRow> rows);

}  // namespace mdd::eval
