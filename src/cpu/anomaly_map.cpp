// From cosine maps to the anomaly map and the image score (spec S8).
#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

#include "cpu/implementation.h"
#include "cpu/parallel.h"

namespace mdd::cpu {
namespace {

/// The two source positions and the weight of the second for every target position, corners aligned.
struct Interpolation {
  std::vector<std::int64_t> low, high;
  std::vector<float> weight;
  Interpolation(std::int64_t from, std::int64_t to) {
    const double step = to > 1 ? static_cast<double>(from - 1) / static_cast<double>(to - 1) : 0.0;
    for (std::int64_t i = 0; i < to; ++i) {
      const double position = step * static_cast<double>(i);
      const auto first = std::min(static_cast<std::int64_t>(position), from - 1);
      low.push_back(first);
      high.push_back(std::min(first + 1, from - 1));
      weight.push_back(static_cast<float>(position - static_cast<double>(first)));
    }
  }
};

/// Index of a sample beyond the border, mirrored with the border sample repeated: d c b a | a b c d | d c b a.
std::int64_t mirrored(std::int64_t i, std::int64_t size) {
  if (i < 0) return -i - 1;
  return i >= size ? 2 * size - 1 - i : i;
}

}  // namespace

void CpuBackend::upsample_bilinear(const Tensor& map, const Tensor& out, WriteMode mode) {
  const std::int64_t height = map.shape[1], width = map.shape[2];
  const std::int64_t out_height = out.shape[1], out_width = out.shape[2];
  require(map.shape[0] == out.shape[0], "a map an image");
  const Interpolation rows(height, out_height), columns(width, out_width);
  const float keep = mode == WriteMode::kAccumulate ? 1.0f : 0.0f;
  parallel_blocks(out.shape[0] * out_height, 16, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const auto y = static_cast<std::size_t>(row % out_height);
      const float* base = map.f32() + row / out_height * height * width;
      const float* top = base + rows.low[y] * width;
      const float* bottom = base + rows.high[y] * width;
      float* target = out.f32() + row * out_width;
      for (std::int64_t x = 0; x < out_width; ++x) {
        const auto i = static_cast<std::size_t>(x);
        const std::int64_t l = columns.low[i], h = columns.high[i];
        const float fx = columns.weight[i], fy = rows.weight[y];
        const float upper = top[l] + fx * (top[h] - top[l]);
        const float lower = bottom[l] + fx * (bottom[h] - bottom[l]);
        const float value = upper + fy * (lower - upper);
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
    for (std::int64_t i = begin; i < end; ++i) {
      switch (fusion) {
        case MapFusion::kSum:
          out[i] = a[i] + b[i];
          break;
        case MapFusion::kProduct:
          out[i] = a[i] * b[i];
          break;
        case MapFusion::kTeacherRestored:
          out[i] = a[i];
          break;
        case MapFusion::kRestoredIdentity:
          out[i] = b[i];
          break;
        case MapFusion::kWeighted:
          out[i] = (1.0f - weight) * a[i] + weight * b[i];
          break;
      }
    }
  });
}

void CpuBackend::gaussian_blur(float sigma, const Tensor& x, const Tensor& y) {
  const std::int64_t height = x.shape[1], width = x.shape[2];
  require(x.shape == y.shape && sigma >= 0.0f, "blur shapes");
  if (sigma == 0.0f) return copy(x, y);
  const auto radius = static_cast<std::int64_t>(4.0f * sigma + 0.5f);
  require(radius <= height && radius <= width, "the blur's radius fits the image");
  std::vector<float> taps;
  double total = 0.0;
  for (std::int64_t t = -radius; t <= radius; ++t) {
    const double d = static_cast<double>(t) / static_cast<double>(sigma);
    taps.push_back(static_cast<float>(std::exp(-0.5 * d * d)));
    total += std::exp(-0.5 * d * d);
  }
  for (float& tap : taps) tap = static_cast<float>(static_cast<double>(tap) / total);
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
  const std::int64_t top = rule == ScoreRule::kMaximum ? 1 : std::max<std::int64_t>(1, pixels / 100);
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
