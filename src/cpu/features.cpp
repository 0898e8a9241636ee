// Small operations on feature maps.
#include <algorithm>
#include <cstring>
#include <limits>

#include "cpu/bf16_values.h"
#include "cpu/implementation.h"
#include "cpu/parallel.h"
#include "ops/pool_arithmetic.h"
#include "ops/preconditions.h"

namespace mdd::cpu {

void CpuBackend::max_pool_forward(const PoolParams& params, const Tensor& x, const Tensor& y) {
  require_pooling(params, x, y);
  const std::int64_t height = x.shape[1], width = x.shape[2], channels = x.shape[3];
  const std::int64_t out_height = y.shape[1], out_width = y.shape[2];
  with_values(x, [&](auto zero) {
    using Value = decltype(zero);
    const Value* const in = x.as<Value>();
    Value* const out = y.as<Value>();
    parallel_blocks(y.shape[0] * out_height, 1, [&](std::int64_t row, std::int64_t, std::int64_t) {
      const std::int64_t n = row / out_height;
      const std::int64_t top = row % out_height * params.stride - params.padding;
      for (std::int64_t q = 0; q < out_width; ++q) {
        Value* const target = out + (row * out_width + q) * channels;
        std::fill_n(target, channels, rounded_to<Value>(-std::numeric_limits<float>::infinity()));
        const std::int64_t left = q * params.stride - params.padding;
        for (std::int64_t h = std::max<std::int64_t>(top, 0); h < std::min(top + params.kernel, height); ++h) {
          for (std::int64_t w = std::max<std::int64_t>(left, 0); w < std::min(left + params.kernel, width); ++w) {
            const Value* const source = in + ((n * height + h) * width + w) * channels;
#pragma omp simd
            for (std::int64_t c = 0; c < channels; ++c) {
              target[c] = value_of(target[c]) < value_of(source[c]) ? source[c] : target[c];
            }
          }
        }
      }
    });
  });
}

namespace {

constexpr std::int64_t kPoolChannels = 64;  ///< that are worked on together: a few cache lines

/// What stays the same for all positions of a max pool's backward pass.
struct MaxPoolGradient {
  PoolParams params;
  std::int64_t height, width, channels, out_height, out_width;
  const float* x;
  const float* y;
  const float* dy;

  /// sum[0 .. count) = the gradient at (h, w) of image n, for `count` channels from `channel` on.
  void gather(std::int64_t n, std::int64_t h, std::int64_t w, std::int64_t channel, std::int64_t count,
              float* sum) const {
    std::fill_n(sum, count, 0.0f);
    const auto rows = pooling::windows_over(h, params.kernel, params.stride, params.padding, out_height);
    const auto columns = pooling::windows_over(w, params.kernel, params.stride, params.padding, out_width);
    const float* plane = x + n * height * width * channels + channel;
    const float* own = plane + (h * width + w) * channels;
    float share[kPoolChannels];
    for (std::int64_t p = rows.first; p <= rows.last; ++p) {
      for (std::int64_t q = columns.first; q <= columns.last; ++q) {
        const std::int64_t at = ((n * out_height + p) * out_width + q) * channels + channel;
        const float* best = y + at;
#pragma omp simd
        for (std::int64_t c = 0; c < count; ++c) share[c] = own[c] == best[c] ? dy[at + c] : 0.0f;
        // A position before this one with the same value has taken the window's gradient.
        const std::int64_t top = std::max<std::int64_t>(p * params.stride - params.padding, 0);
        const std::int64_t left = q * params.stride - params.padding;
        for (std::int64_t row = top; row <= h; ++row) {
          const std::int64_t end = row == h ? w : std::min(left + params.kernel, width);
          for (std::int64_t column = std::max<std::int64_t>(left, 0); column < end; ++column) {
            const float* earlier = plane + (row * width + column) * channels;
#pragma omp simd
            for (std::int64_t c = 0; c < count; ++c) share[c] = earlier[c] == best[c] ? 0.0f : share[c];
          }
        }
#pragma omp simd
        for (std::int64_t c = 0; c < count; ++c) sum[c] += share[c];
      }
    }
  }
};

}  // namespace

void CpuBackend::max_pool_backward(const PoolParams& params, const Tensor& x, const Tensor& y, const Tensor& dy,
                                   const Tensor& dx, WriteMode mode) {
  require_pooling_gradient(params, x, y, dy, dx);
  const std::int64_t height = x.shape[1], width = x.shape[2], channels = x.shape[3];
  const MaxPoolGradient gradient{params, height, width, channels, y.shape[1], y.shape[2], x.f32(), y.f32(), dy.f32()};
  float* to = dx.f32();
  parallel_blocks(x.shape[0] * height, 1, [&](std::int64_t row, std::int64_t, std::int64_t) {
    float sum[kPoolChannels];
    for (std::int64_t w = 0; w < width; ++w) {
      for (std::int64_t channel = 0; channel < channels; channel += kPoolChannels) {
        const std::int64_t count = std::min(kPoolChannels, channels - channel);
        gradient.gather(row / height, row % height, w, channel, count, sum);
        float* target = to + (row * width + w) * channels + channel;
        for (std::int64_t c = 0; c < count; ++c) {
          target[c] = mode == WriteMode::kAccumulate ? target[c] + sum[c] : sum[c];
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
    require(part.dtype == y.dtype && part.elements() == rows * part.shape.back(), "parts fill the channels");
    total += part.shape.back();
  }
  require(total == channels, "parts fill the channels");
  with_values(y, [&](auto zero) {
    using Value = decltype(zero);
    Value* target = y.as<Value>();
    for (const Tensor& part : parts) {
      const std::int64_t width = part.shape.back();
      const Value* const source = part.as<Value>();
      parallel_blocks(rows, rows_per_block(width), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
          std::memcpy(target + row * channels, source + row * width, static_cast<std::size_t>(width) * sizeof(Value));
        }
      });
      target += width;
    }
  });
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
  require(a.dtype == b.dtype && a.dtype == y.dtype, "operands of a sum have one type");
  with_values(y, [&](auto zero) {
    using Value = decltype(zero);
    const Value* const first = a.as<Value>();
    const Value* const second = b.as<Value>();
    Value* const out = y.as<Value>();
    parallel_blocks(y.elements(), kStreamBlock, [=](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) out[i] = rounded_to<Value>(value_of(first[i]) + value_of(second[i]));
    });
  });
}

}  // namespace mdd::cpu
