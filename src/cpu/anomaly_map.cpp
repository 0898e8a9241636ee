// From cosine maps to the anomaly map and the image score (spec S8).
#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

#include "cpu/implementation.h"
#include "cpu/parallel.h"
#include "ops/map_arithmetic.h"

namespace mdd::cpu {
namespace {

/// Where each of `to` samples falls among `from`, corners aligned.
std::vector<BetweenSamples> between_samples(std::int64_t from, std::int64_t to) {
  std::vector<BetweenSamples> out;
  for (std::int64_t i = 0; i < to; ++i) out.push_back(aligned_corners(i, from, to));
  return out;
}

}  // namespace

void CpuBackend::upsample_bilinear(const Tensor& map, const Tensor& out, WriteMode mode) {
  const std::int64_t height = map.shape[1], width = map.shape[2];
  const std::int64_t out_height = out.shape[1], out_width = out.shape[2];
  require(map.shape[0] == out.shape[0], "a map an image");
  const std::vector<BetweenSamples> rows = between_samples(height, out_height);
  const std::vector<BetweenSamples> columns = between_samples(width, out_width);
  const float keep = mode == WriteMode::kAccumulate ? 1.0f : 0.0f;
  parallel_blocks(out.shape[0] * out_height, 16, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const BetweenSamples y = rows[static_cast<std::size_t>(row % out_height)];
      const float* base = map.f32() + row / out_height * height * width;
      const float* top = base + y.low * width;
      const float* bottom = base + y.high * width;
      float* target = out.f32() + row * out_width;
      for (std::int64_t x = 0; x < out_width; ++x) {
        const BetweenSamples& at = columns[static_cast<std::size_t>(x)];
        const float value = interpolated(interpolated(top[at.low], top[at.high], at.weight),
                                         interpolated(bottom[at.low], bottom[at.high], at.weight), y.weight);
        target[x] = keep == 0.0f ? value : target[x] + value;
      }
    }
  });
}

void CpuBackend::fuse_maps(MapFusion fusion, float weight, const Tensor& tr, const Tensor& ri, const Tensor& fused) {
  require(tr.elements() == ri.elements() && tr.elements() == fused.elements(), "maps of one size");
  const float* a = tr.f32();
  const float* b = ri.f32();
  float* out = fused.f32();
  parallel_blocks(fused.elements(), kStreamBlock, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) out[i] = fused_value(fusion, weight, a[i], b[i]);
  });
}

void CpuBackend::gaussian_blur(float sigma, const Tensor& x, const Tensor& y) {
  const std::int64_t height = x.shape[1], width = x.shape[2];
  require(x.shape == y.shape && sigma >= 0.0f, "blur shapes");
  if (sigma == 0.0f) return copy(x, y);
  const std::int64_t radius = gaussian_radius(sigma);
  require(radius <= height && radius <= width, "the blur's radius fits the image");
  const double total = gaussian_total(radius, sigma);
  std::vector<float> taps;
  for (std::int64_t t = -radius; t <= radius; ++t) taps.push_back(gaussian_tap(t, sigma, total));
  // Along the rows into scratch, from a line padded by mirroring; then down the columns, a weighted sum of whole rows.
  float* between = scratch(x.elements());
  parallel_blocks(x.shape[0] * height, 16, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    std::vector<float> line(static_cast<std::size_t>(width + 2 * radius));
    for (std::int64_t row = begin; row < end; ++row) {
      const float* source = x.f32() + row * width;
      for (std::int64_t i = -radius; i < width + radius; ++i) {
        line[static_cast<std::size_t>(i + radius)] = source[mirrored(i, width)];
      }
      float* target = between + row * width;
      std::fill_n(target, width, 0.0f);
      for (std::size_t t = 0; t < taps.size(); ++t) {
        const float* shifted = line.data() + t;
#pragma omp simd
        for (std::int64_t i = 0; i < width; ++i) target[i] += taps[t] * shifted[i];
      }
    }
  });
  parallel_blocks(x.shape[0] * height, 16, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t image = row / height * height;
      float* target = y.f32() + row * width;
      std::fill_n(target, width, 0.0f);
      for (std::size_t t = 0; t < taps.size(); ++t) {
        const std::int64_t from = image + mirrored(row - image + static_cast<std::int64_t>(t) - radius, height);
        const float* source = between + from * width;
#pragma omp simd
        for (std::int64_t i = 0; i < width; ++i) target[i] += taps[t] * source[i];
      }
    }
  });
}

void CpuBackend::image_scores(ScoreRule rule, const Tensor& maps, const Tensor& scores) {
  const std::int64_t images = maps.shape[0];
  const std::int64_t pixels = maps.elements() / images;
  require(scores.elements() == images && pixels >= 1, "a score an image");
  const std::int64_t top = scored_pixels(rule, pixels);
  parallel_blocks(images, 1, [&](std::int64_t n, std::int64_t, std::int64_t) {
    const float* map = maps.f32() + n * pixels;
    if (rule == ScoreRule::kMaximum) {
      // A NaN anywhere must show in the score; a plain maximum would drop it.
      float best = map[0];
      for (std::int64_t i = 1; i < pixels; ++i) best = map[i] > best || std::isnan(map[i]) ? map[i] : best;
      scores.f32()[n] = best;
      return;
    }
    std::vector<float> values(map, map + pixels);
    const bool broken = std::any_of(values.begin(), values.end(), [](float value) { return std::isnan(value); });
    std::nth_element(values.begin(), values.begin() + (top - 1), values.end(), std::greater<>());
    double sum = 0.0;
    for (std::int64_t i = 0; i < top; ++i) sum += static_cast<double>(values[static_cast<std::size_t>(i)]);
    scores.f32()[n] =
        broken ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(sum / static_cast<double>(top));
  });
}

}  // namespace mdd::cpu
