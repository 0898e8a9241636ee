// One picture of the generated data set, before it is written.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "data/image.h"

namespace mdd::generate {

/// What is photographed.
struct SampleRequest {
  int class_index = 0;       ///< into class_names()
  int defect_index = -1;     ///< into defect_names(class_index); -1 = a good product
  std::uint32_t number = 0;  ///< different numbers give different pictures
  std::int64_t size = 256;   ///< side in pixels
  std::uint64_t seed = 0;
  double severity = 1.0;  ///< of a defect that lies on the surface, see surface_defect.h: kMinSeverity .. kMaxSeverity
};

struct RenderedSample {
  std::vector<float> clean;      ///< size x size x 3 in 0..1: the good product, before sensor noise
  std::vector<float> defective;  ///< the same product with its defect, before sensor noise; equal to clean if good
  data::Image image;             ///< what the camera returns: defective + noise, 8 bits
  data::Mask mask;               ///< exactly where a channel of clean and defective differ by more than kMaskThreshold
};

/// Differences up to this (four of 255 grey levels) drown in the sensor noise and are not called a defect.
inline constexpr float kMaskThreshold = 4.0f / 255.0f;
inline constexpr std::int64_t kMinSize = 64;
inline constexpr std::int64_t kMaxSize = 4096;
inline constexpr double kMinSeverity = 0.25;
inline constexpr double kMaxSeverity = 4.0;

[[nodiscard]] int class_count();
/// Folder name of a class, and of its kinds of defect. Require valid indices.
[[nodiscard]] std::string_view class_name(int class_index);
[[nodiscard]] std::vector<std::string_view> defect_names(int class_index);

/// Renders one picture; a pure function of the request, the same bytes on every machine. A defect always covers at
/// least 1/4000 of the picture (fainter ones are drawn again). Throws Error(kUsage) for a size outside kMinSize ..
/// kMaxSize and Error(kRuntime) for an index out of range.
[[nodiscard]] RenderedSample render_sample(const SampleRequest& request);

}  // namespace mdd::generate
