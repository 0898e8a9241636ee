// Counting and ranking scores (spec S10).
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "cpu/implementation.h"
#include "eval/pixel_metrics.h"
#include "ops/map_arithmetic.h"
#include "ops/preconditions.h"

namespace mdd::cpu {

void CpuBackend::score_histogram(const Tensor& scores, const Tensor& labels, float low, float high,
                                 const Tensor& counts) {
  const std::int64_t bins = require_histogram(scores, labels, low, high, counts);
  const float* score = scores.f32();
  const std::uint8_t* label = labels.as<std::uint8_t>();
  std::int64_t* count = counts.as<std::int64_t>();
  for (std::int64_t i = 0; i < scores.elements(); ++i) {
    if (std::isnan(score[i])) continue;
    ++count[(label[i] != 0 ? bins : 0) + histogram_bin(score[i], low, high, bins)];
  }
}

void CpuBackend::pixel_metrics(const OverlapParams& params, const Tensor& scores, const Tensor& areas,
                               const Tensor& metrics) {
  require_pixel_metrics(params, scores, areas, metrics);
  const std::span all(static_cast<const float*>(scores.f32()), static_cast<std::size_t>(scores.elements()));
  eval::PixelMetrics found;
  if (std::none_of(all.begin(), all.end(), [](float score) { return std::isnan(score); })) {
    found = eval::pixel_metrics(all, {areas.as<std::int32_t>(), all.size()},
                                static_cast<std::uint64_t>(params.components), params.limit);
  }
  const std::array values{found.ranking.auroc, found.ranking.average_precision, found.ranking.f1_max, found.aupro};
  std::transform(values.begin(), values.end(), metrics.as<double>(), [](const std::optional<double>& value) {
    return value.value_or(std::numeric_limits<double>::quiet_NaN());
  });
}

}  // namespace mdd::cpu
