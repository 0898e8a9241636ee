// Small operations on feature maps.
#include <algorithm>
#include <cstring>
#include <limits>

#include "cpu/implementation.h"
#include "cpu/parallel.h"

namespace mdd::cpu {

void CpuBackend::max_pool_forward(const PoolParams& params, const Tensor& x, const Tensor& y) {
  const std::int64_t height = x.shape[1], width = x.shape[2], channels = x.shape[3];
  const std::int64_t out_height = y.shape[1], out_width = y.shape[2];
  const ConvolutionGeometry window{params.kernel, params.stride, params.padding};
  require(y.shape[0] == x.shape[0] && y.shape[3] == channels && window.output(height) == out_height &&
              window.output(width) == out_width,
          "pooling output shape");
  const float* in = x.f32();
  float* out = y.f32();
  parallel_blocks(y.shape[0] * out_height, 1, [&](std::int64_t row, std::int64_t, std::int64_t) {
    const std::int64_t n = row / out_height;
    const std::int64_t top = row % out_height * params.stride - params.padding;
    for (std::int64_t q = 0; q < out_width; ++q) {
      float* target = out + (row * out_width + q) * channels;
      std::fill_n(target, channels, -std::numeric_limits<float>::infinity());
      const std::int64_t left = q * params.stride - params.padding;
      for (std::int64_t h = std::max<std::int64_t>(top, 0); h < std::min(top + params.kernel, height); ++h) {
        for (std::int64_t w = std::max<std::int64_t>(left, 0); w < std::min(left + params.kernel, width); ++w) {
          const float* source = in + ((n * height + h) * width + w) * channels;
#pragma omp simd
          for (std::int64_t c = 0; c < channels; ++c) target[c] = target[c] < source[c] ? source[c] : target[c];
        }
      }
    }
  });
}

void CpuBackend::concatenate_channels(std::span<const Tensor> parts, const Tensor& y) {
  const std::int64_t channels = y.shape.back();
  const std::int64_t rows = y.elements() / channels;
  std::int64_t total = 0;
  for (const Tensor& part : parts) {
    require(part.dtype == DType::kF32 && part.elements() == rows * part.shape.back(), "parts fill the channels");
    total += part.shape.back();
  }
  require(total == channels, "parts fill the channels");
  float* target = y.f32();
  for (const Tensor& part : parts) {
    const std::int64_t width = part.shape.back();
    const float* source = part.f32();
    parallel_blocks(rows, rows_per_block(width), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        std::memcpy(target + row * channels, source + row * width, static_cast<std::size_t>(width) * sizeof(float));
      }
    });
    target += width;
  }
}

void CpuBackend::slice_channels(const Tensor& y, std::int64_t first, const Tensor& part, WriteMode mode) {
  const std::int64_t channels = y.shape.back();
  const std::int64_t width = part.shape.back();
  const std::int64_t rows = y.elements() / channels;
  require(part.elements() == rows * width && first >= 0 && first + width <= channels, "the slice lies inside");
  const float keep = mode == WriteMode::kAccumulate ? 1.0f : 0.0f;
  parallel_blocks(rows, rows_per_block(width), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const float* source = y.f32() + row * channels + first;
      float* target = part.f32() + row * width;
      if (keep == 0.0f) {
        std::memcpy(target, source, static_cast<std::size_t>(width) * sizeof(float));
      } else {
#pragma omp simd
        for (std::int64_t c = 0; c < width; ++c) target[c] += source[c];
      }
    }
  });
}

void CpuBackend::add(const Tensor& a, const Tensor& b, const Tensor& y) {
  require(a.elements() == b.elements() && a.elements() == y.elements(), "operands of a sum have one shape");
  const float* first = a.f32();
  const float* second = b.f32();
  float* out = y.f32();
  parallel_blocks(y.elements(), kStreamBlock, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) out[i] = first[i] + second[i];
  });
}

}  // namespace mdd::cpu
