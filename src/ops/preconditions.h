// Requires clauses of Backend methods that every backend checks in the same words.
#pragma once
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <span>

#include "core/tensor.h"
#include "core/triangle_filter.h"
#include "ops/params.h"

namespace mdd {

/// Of Backend::max_pool_forward.
inline void require_pooling(const PoolParams& params, const Tensor& x, const Tensor& y) {
  require(params.kernel >= 1 && params.stride >= 1 && params.padding >= 0, "a pooling window");
  const ConvolutionGeometry window{params.kernel, params.stride, params.padding};
  require(x.shape.rank() == 4 && y.shape.rank() == 4 && y.shape[0] == x.shape[0] && y.shape[3] == x.shape[3] &&
              window.output(x.shape[1]) == y.shape[1] && window.output(x.shape[2]) == y.shape[2],
          "pooling output shape");
  require(x.dtype == y.dtype, "pooling keeps the type");
}

/// Of Backend::max_pool_backward.
inline void require_pooling_gradient(const PoolParams& params, const Tensor& x, const Tensor& y, const Tensor& dy,
                                     const Tensor& dx) {
  require_pooling(params, x, y);
  require(dy.shape == y.shape && dx.shape == x.shape, "pooling gradients have the shapes of their values");
  require(dy.dtype == x.dtype && dx.dtype == x.dtype, "pooling gradients have the type of their values");
}

/// Extents of Backend::memory_read_forward and its gradient. Refuses prototypes of another number or length.
struct MemorySizes {
  std::int64_t images, positions, prototypes, channels, per_image;
  MemorySizes(const MemoryParams& params, const Tensor& z, const Tensor& prototype_tensor)
      : images(z.shape[0]),
        positions(z.elements() / z.shape.back()),
        prototypes(params.classes * params.slots),
        channels(z.shape.back()),
        per_image(positions / images) {
    require(prototype_tensor.elements() == prototypes * channels, "prototypes are classes x slots x channels");
  }
};

/// Of Backend::softmax_cross_entropy but for the labels' values; returns the number of positions.
[[nodiscard]] inline std::int64_t require_cross_entropy(const Tensor& logits, const Tensor& labels, const Tensor& loss,
                                                        const Tensor& dlogits) {
  require(logits.shape.rank() >= 1 && logits.elements() > 0, "logits of at least one position and class");
  const std::int64_t positions = logits.elements() / logits.shape.back();
  require(labels.dtype == DType::kI32 && labels.elements() == positions, "an i32 label a position");
  require(loss.dtype == DType::kF32 && loss.elements() == 1, "one f32 loss");
  require(!dlogits.defined() || (dlogits.shape == logits.shape && dlogits.dtype == logits.dtype),
          "the gradient of logits has their shape and type");
  return positions;
}

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

/// That anomaly_sources can carry out the recipe on `images` images of this side.
inline void require_recipe(const SourceRecipe& recipe, std::int64_t images, std::int64_t side) {
  require(recipe.image >= 0 && recipe.image < images, "a recipe for an image of the pool");
  require(!recipe.shuffled || side % SourceRecipe::kGrid == 0, "sides that divide into a recipe's grid");
  for (const int cell : recipe.cells) require(cell < SourceRecipe::kGrid * SourceRecipe::kGrid, "a recipe's cells");
  require(recipe.count >= 0 && recipe.count <= std::ssize(recipe.distortions), "at most three distortions");
  int rotations = 0;
  for (const Distortion& distortion : std::span(recipe.distortions).first(static_cast<std::size_t>(recipe.count))) {
    for (const int channel : distortion.channels) require(channel < 3, "a distortion's channels");
    require(std::abs(distortion.hue) <= 6.0f && std::isfinite(distortion.saturation), "a distortion's hue");
    require(std::abs(distortion.cosine) <= 1.0f && std::abs(distortion.sine) <= 1.0f, "a distortion's angle");
    require(distortion.down >= 0 && distortion.down < side && distortion.right >= 0 && distortion.right < side,
            "a roll inside the image");
    rotations += distortion.kind == DistortionKind::kRotation ? 1 : 0;
  }
  require(rotations <= 1, "at most one rotation");
}

/// Of Backend::anomaly_sources.
inline void require_sources(const Tensor& pool, std::span<const SourceRecipe> recipes, const Tensor& y) {
  require(pool.dtype == DType::kU8 && y.dtype == DType::kU8, "anomaly sources of u8 images");
  require(pool.shape.rank() == 4 && y.shape.rank() == 4 && pool.shape[3] == 3 && pool.shape[1] == pool.shape[2] &&
              y.shape == Shape({y.shape[0], pool.shape[1], pool.shape[2], 3}),
          "square images of three colours before and after synthesis");
  require(pool.shape[1] <= 32'768, "images of sides up to 32768");
  require(std::ssize(recipes) == y.shape[0], "a recipe an image");
  for (const SourceRecipe& recipe : recipes) require_recipe(recipe, pool.shape[0], pool.shape[1]);
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

/// Of Backend::pixel_metrics.
inline void require_pixel_metrics(const OverlapParams& params, const Tensor& scores, const Tensor& areas,
                                  const Tensor& metrics) {
  require(params.components >= 0 && params.limit > 0.0 && params.limit <= 1.0, "components, and a limit in (0, 1]");
  require(scores.dtype == DType::kF32 && areas.dtype == DType::kI32 && scores.elements() == areas.elements(),
          "as many areas as scores");
  require(scores.elements() <= std::numeric_limits<std::int32_t>::max(), "fewer than 2^31 scores");
  require(metrics.dtype == DType::kF64 && metrics.elements() == 4, "four metrics");
}

}  // namespace mdd
