// From bytes to resized bytes and normalised features, with or without a synthetic anomaly (spec S2, S7).
#include <algorithm>

#include "core/triangle_filter.h"
#include "cpu/bf16_values.h"
#include "cpu/implementation.h"
#include "cpu/parallel.h"
#include "ops/image_arithmetic.h"
#include "ops/perlin.h"
#include "ops/preconditions.h"
#include "ops/source_arithmetic.h"

namespace mdd::cpu {
namespace {

/// Fills one mask for one attempt; returns whether any pixel was set.
bool draw_mask(const PerlinParams& params, const PerlinKey& key, int index, std::int64_t side, std::uint8_t* mask) {
  std::fill_n(mask, side * side, std::uint8_t{0});
  const perlin::Attempt attempt = perlin::attempt(key, index, params.p_normal);
  if (!attempt.insert) return true;  // an empty mask is what was asked for
  std::vector<perlin::Direction> gradients(perlin::kCornersPerSide * perlin::kCornersPerSide);
  for (std::uint32_t j = 0; static_cast<float>(j) <= attempt.cells_y; ++j) {
    for (std::uint32_t i = 0; static_cast<float>(i) <= attempt.cells_x; ++i) {
      gradients[i + perlin::kCornersPerSide * j] = perlin::gradient(key, attempt, i, j);
    }
  }
  const auto corner = [&](std::uint32_t i, std::uint32_t j) { return gradients[i + perlin::kCornersPerSide * j]; };
  bool any = false;
  for (std::int64_t y = 0; y < side; ++y) {
    for (std::int64_t x = 0; x < side; ++x) {
      const auto point = perlin::lattice_point(attempt, side, x, y);
      if (!point.inside || !(perlin::noise(point, corner) > params.threshold)) continue;
      mask[y * side + x] = 1;
      any = true;
    }
  }
  return any;
}

/// x u8 [N,H,W,kChannels] -> y u8 [N,P,Q,kChannels]; `between` holds N x H x Q pixels.
template <int kChannels>
void resize(const Tensor& x, const Tensor& y, std::uint8_t* between) {
  const std::int64_t height = x.shape[1], width = x.shape[2], out_height = y.shape[1], out_width = y.shape[2];
  const TriangleFilter along_rows(width, out_width), along_columns(height, out_height);
  const std::int64_t stride = out_width * kChannels;
  const std::uint8_t* in = x.as<std::uint8_t>();
  parallel_blocks(x.shape[0] * height, 16, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      along_rows.filter_row<kChannels>(in + row * width * kChannels, between + row * stride);
    }
  });
  std::uint8_t* out = y.as<std::uint8_t>();
  parallel_blocks(x.shape[0] * out_height, 16, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    std::vector<std::int32_t> sums;
    for (std::int64_t row = begin; row < end; ++row) {
      const TriangleFilter::Window& window = along_columns.windows[static_cast<std::size_t>(row % out_height)];
      const std::uint8_t* image = between + row / out_height * height * stride;
      along_columns.filter_rows(window, image, static_cast<std::size_t>(stride), sums, out + row * stride);
    }
  });
}

}  // namespace

void CpuBackend::normalise_images(const Normalisation& normalisation, const Tensor& x, const Tensor& y) {
  require(x.shape == y.shape && x.shape.back() == 3, "images have three colours");
  const AffineColours affine(normalisation);
  const std::uint8_t* in = x.as<std::uint8_t>();
  with_values(y, [&](auto zero) {
    using Value = decltype(zero);
    Value* const out = y.as<Value>();
    parallel_blocks(x.elements() / 3, kStreamBlock, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t p = begin; p < end; ++p) {
        for (int c = 0; c < 3; ++c) {
          out[3 * p + c] = rounded_to<Value>(affine(c, static_cast<float>(in[3 * p + c])));
        }
      }
    });
  });
}

void CpuBackend::anomaly_sources(const Tensor& pool, std::span<const SourceRecipe> recipes, const Tensor& y) {
  require_sources(pool, recipes, y);
  const std::int64_t side = pool.shape[1];
  const int extent = static_cast<int>(side);
  const std::uint8_t* images = pool.as<std::uint8_t>();
  std::uint8_t* out = y.as<std::uint8_t>();
  parallel_blocks(y.shape[0] * side, 16, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const SourceRecipe& recipe = recipes[static_cast<std::size_t>(row / side)];
      const std::uint8_t* image = images + recipe.image * side * side * 3;
      const auto at = [&](source::Place place) { return source::load(image + (place.y * side + place.x) * 3); };
      for (int x = 0; x < extent; ++x) {
        const source::Place place{static_cast<int>(row % side), x};
        source::store(source::source_pixel(recipe, extent, extent, place, at), out + (row * side + x) * 3);
      }
    }
  });
}

void CpuBackend::perlin_masks(const PerlinParams& params, std::span<const PerlinKey> keys, const Tensor& mask) {
  const std::int64_t side = mask.shape[1];
  require(mask.shape[0] == static_cast<std::int64_t>(keys.size()) && mask.shape[2] == side, "a key a mask");
  parallel_blocks(mask.shape[0], 1, [&](std::int64_t n, std::int64_t, std::int64_t) {
    std::uint8_t* target = mask.as<std::uint8_t>() + n * side * side;
    for (int attempt = 0; attempt <= params.redraws; ++attempt) {
      if (draw_mask(params, keys[static_cast<std::size_t>(n)], attempt, side, target)) break;
    }
  });
}

void CpuBackend::blend_anomalies(const Normalisation& normalisation, const Tensor& x, const Tensor& source,
                                 const Tensor& mask, std::span<const float> opacity, const Tensor& y) {
  require(x.shape == y.shape && x.shape == source.shape && x.shape.back() == 3 && 3 * mask.elements() == x.elements(),
          "images, sources and masks of one size");
  require(x.shape[0] == static_cast<std::int64_t>(opacity.size()), "an opacity an image");
  const AffineColours affine(normalisation);
  const std::int64_t pixels = mask.elements() / mask.shape[0];
  const std::uint8_t* in = x.as<std::uint8_t>();
  const std::uint8_t* other = source.as<std::uint8_t>();
  const std::uint8_t* masked = mask.as<std::uint8_t>();
  float* out = y.f32();
  parallel_blocks(x.shape[0], 1, [&](std::int64_t n, std::int64_t, std::int64_t) {
    const float keep = opacity[static_cast<std::size_t>(n)];
    for (std::int64_t p = n * pixels; p < (n + 1) * pixels; ++p) {
      const float weight = masked[p] != 0 ? keep : 1.0f;
      for (int c = 0; c < 3; ++c) {
        const std::int64_t i = 3 * p + c;
        out[i] = affine(c, blended(weight, static_cast<float>(in[i]), static_cast<float>(other[i])));
      }
    }
  });
}

void CpuBackend::resize_images(const Tensor& x, const Tensor& y) {
  require_resizable(x, y);
  const std::int64_t bytes = x.shape[0] * x.shape[1] * y.shape[2] * x.shape[3];
  auto* between = reinterpret_cast<std::uint8_t*>(scratch((bytes + 3) / 4));
  switch (x.shape[3]) {
    case 1:
      return resize<1>(x, y, between);
    case 2:
      return resize<2>(x, y, between);
    case 3:
      return resize<3>(x, y, between);
    default:
      return resize<4>(x, y, between);
  }
}

}  // namespace mdd::cpu
