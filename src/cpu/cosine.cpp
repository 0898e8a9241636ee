// Cosine distances over whole images and per position, with their gradients.
#include "cpu/bf16_values.h"
#include "cpu/implementation.h"
#include "cpu/parallel.h"
#include "ops/cosine_arithmetic.h"

namespace mdd::cpu {
namespace {

using Moments = cosine::Moments<double>;

/// Of `count` consecutive values; f32 lanes over short runs, carried over into f64.
template <class Value>
Moments moments_of(const Value* a, const Value* b, std::int64_t count) {
  constexpr std::int64_t kRun = 1024;
  Moments out;
  for (std::int64_t start = 0; start < count; start += kRun) {
    const std::int64_t end = std::min(count, start + kRun);
    float aa = 0, bb = 0, ab = 0;
#pragma omp simd reduction(+ : aa, bb, ab)
    for (std::int64_t i = start; i < end; ++i) {
      const float u = value_of(a[i]), v = value_of(b[i]);
      aa += u * u;
      bb += v * v;
      ab += u * v;
    }
    out.aa += static_cast<double>(aa);
    out.bb += static_cast<double>(bb);
    out.ab += static_cast<double>(ab);
  }
  return out;
}

void write_gradient(const cosine::Gradient& g, const float* own, const float* other, std::int64_t count, WriteMode mode,
                    float* out) {
  if (mode == WriteMode::kAccumulate) {
#pragma omp simd
    for (std::int64_t i = 0; i < count; ++i) out[i] += g.own * own[i] + g.other * other[i];
  } else {
#pragma omp simd
    for (std::int64_t i = 0; i < count; ++i) out[i] = g.own * own[i] + g.other * other[i];
  }
}

}  // namespace

void CpuBackend::cosine_flat_forward(const Tensor& a, const Tensor& b, const Tensor& moments, const Tensor& loss,
                                     WriteMode mode) {
  require(a.shape == b.shape, "cosine of like shapes");
  const std::int64_t images = a.shape[0];
  const std::int64_t count = a.elements() / images;
  require(moments.elements() == 3 * images, "three moments an image");
  const std::int64_t blocks = (count + kStreamBlock - 1) / kStreamBlock;
  std::vector<Moments> partial(static_cast<std::size_t>(images * blocks));
  parallel_blocks(images * blocks, 1, [&](std::int64_t i, std::int64_t, std::int64_t) {
    const std::int64_t begin = i % blocks * kStreamBlock;
    const std::int64_t at = i / blocks * count + begin;
    partial[static_cast<std::size_t>(i)] =
        moments_of(a.f32() + at, b.f32() + at, std::min(kStreamBlock, count - begin));
  });
  double total = 0.0;
  for (std::int64_t n = 0; n < images; ++n) {
    Moments sum;
    for (std::int64_t k = 0; k < blocks; ++k) {
      const Moments& part = partial[static_cast<std::size_t>(n * blocks + k)];
      sum.aa += part.aa;
      sum.bb += part.bb;
      sum.ab += part.ab;
    }
    moments.f32()[3 * n] = static_cast<float>(sum.aa);
    moments.f32()[3 * n + 1] = static_cast<float>(sum.bb);
    moments.f32()[3 * n + 2] = static_cast<float>(sum.ab);
    total += 1.0 - cosine::similarity(sum);
  }
  const auto value = static_cast<float>(total / static_cast<double>(images));
  loss.f32()[0] = (mode == WriteMode::kAccumulate ? loss.f32()[0] : 0.0f) + value;
}

void CpuBackend::cosine_flat_backward(const Tensor& a, const Tensor& b, const Tensor& moments, float weight,
                                      const Tensor& da, WriteMode mode) {
  require(a.shape == b.shape && a.shape == da.shape, "cosine of like shapes");
  const std::int64_t images = a.shape[0];
  const std::int64_t count = a.elements() / images;
  const std::int64_t blocks = (count + kStreamBlock - 1) / kStreamBlock;
  const double scale = -static_cast<double>(weight) / static_cast<double>(images);
  parallel_blocks(images * blocks, 1, [&](std::int64_t i, std::int64_t, std::int64_t) {
    const std::int64_t n = i / blocks;
    const float* stored = moments.f32() + 3 * n;
    const Moments m{static_cast<double>(stored[0]), static_cast<double>(stored[1]), static_cast<double>(stored[2])};
    const std::int64_t begin = i % blocks * kStreamBlock;
    const std::int64_t at = n * count + begin;
    write_gradient(cosine::gradient_of(m, scale), a.f32() + at, b.f32() + at, std::min(kStreamBlock, count - begin),
                   mode, da.f32() + at);
  });
}

void CpuBackend::cosine_map_forward(const Tensor& a, const Tensor& b, const Tensor& map) {
  const std::int64_t channels = a.shape.back();
  require(a.shape == b.shape && map.elements() * channels == a.elements(), "cosine map shapes");
  require(a.dtype == b.dtype, "cosine map of one type");
  with_values(a, [&](auto zero) {
    using Value = decltype(zero);
    const Value* const first = a.as<Value>();
    const Value* const second = b.as<Value>();
    parallel_blocks(map.elements(), rows_per_block(channels), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t p = begin; p < end; ++p) {
        const Moments m = moments_of(first + p * channels, second + p * channels, channels);
        map.f32()[p] = static_cast<float>(1.0 - cosine::similarity(m));
      }
    });
  });
}

void CpuBackend::cosine_map_backward(const Tensor& a, const Tensor& b, const Tensor& dmap, const Tensor& da,
                                     WriteMode a_mode, const Tensor& db, WriteMode b_mode) {
  const std::int64_t channels = a.shape.back();
  require(a.shape == b.shape && dmap.elements() * channels == a.elements(), "cosine map shapes");
  require((!da.defined() || da.shape == a.shape) && (!db.defined() || db.shape == a.shape), "cosine map gradients");
  parallel_blocks(dmap.elements(), rows_per_block(channels), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t p = begin; p < end; ++p) {
      const std::int64_t at = p * channels;
      const float* u = a.f32() + at;
      const float* v = b.f32() + at;
      const Moments m = moments_of(u, v, channels);
      const double weight = -static_cast<double>(dmap.f32()[p]);
      if (da.defined()) {
        write_gradient(cosine::gradient_of(m, weight), u, v, channels, a_mode, da.f32() + at);
      }
      if (db.defined()) {
        write_gradient(cosine::gradient_of(m.swapped(), weight), v, u, channels, b_mode, db.f32() + at);
      }
    }
  });
}

}  // namespace mdd::cpu
