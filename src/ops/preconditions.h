// Requires clauses of Backend methods that every backend checks in the same words.
#pragma once
#include <cmath>
#include <limits>

#include "core/tensor.h"
#include "core/triangle_filter.h"

namespace mdd {

/// Of Backend::resize_images.
inline void require_resizable(const Tensor& x, const Tensor& y) {
  require(x.dtype == DType::kU8 && y.dtype == DType::kU8, "resizing of u8 images");
  require(x.shape.rank() == 4 && y.shape.rank() == 4 && x.shape[0] == y.shape[0] && x.shape[3] == y.shape[3],
          "as many images and channels before and after resizing");
  require(x.shape[3] >= 1 && x.shape[3] <= 4, "resizing of 1 .. 4 channels");
  for (const std::int64_t side : {x.shape[1], x.shape[2], y.shape[1], y.shape[2]}) {
    require(side >= 1 && side <= TriangleFilter::kMaxSide, "resizing of sides 1 .. 65535");
  }
}

/// Of Backend::score_histogram; returns the number of bins.
[[nodiscard]] inline std::int64_t require_histogram(const Tensor& scores, const Tensor& labels, float low, float high,
                                                    const Tensor& counts) {
  require(scores.dtype == DType::kF32 && labels.dtype == DType::kU8 && scores.elements() == labels.elements(),
          "as many labels as scores");
  require(counts.dtype == DType::kI64 && counts.shape.rank() == 2 && counts.shape[0] == 2 && counts.shape[1] >= 1,
          "counts for both labels");
  require(low < high && std::isfinite(low) && std::isfinite(high), "a histogram's range");
  return counts.shape[1];
}

/// Of Backend::ranking_metrics.
inline void require_ranking(const Tensor& scores, const Tensor& labels, const Tensor& metrics) {
  require(scores.dtype == DType::kF32 && labels.dtype == DType::kU8 && scores.elements() == labels.elements(),
          "as many labels as scores");
  require(scores.elements() <= std::numeric_limits<std::int32_t>::max(), "fewer than 2^31 scores");
  require(metrics.dtype == DType::kF64 && metrics.elements() == 3, "three metrics");
}

}  // namespace mdd
