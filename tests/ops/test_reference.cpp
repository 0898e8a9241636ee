// The reference itself, on numbers worked out by hand.
#include <array>
#include <cmath>
#include <doctest/doctest.h>

#include "reference/anomaly_map.h"
#include "reference/batch_norm.h"
#include "reference/checker.h"
#include "reference/convolution.h"
#include "reference/features.h"
#include "reference/images.h"
#include "reference/losses.h"
#include "reference/memory.h"
#include "reference/optimiser.h"

using namespace mdd;
using namespace mdd::reference;

namespace {

void check_close(const Array& got, const Array& expected, double tolerance = 1e-12) {
  CHECK(got.shape == expected.shape);
  CHECK(relative_error(got, expected) <= tolerance);
}

}  // namespace

TEST_CASE("convolution by hand") {
  const Array x(Shape{1, 2, 3, 1}, {1, 2, 3, 4, 5, 6});
  const Array w(Shape{1, 3, 3, 1}, {1, 0, 0, 0, 10, 0, 0, 0, 100});  // up-left + 10 centre + 100 down-right
  check_close(image_to_grid({3, 1, 1}, x, w), Array(Shape{1, 2, 3, 1}, {510, 620, 30, 40, 51, 62}));
  check_close(image_to_grid({3, 2, 1}, x, w), Array(Shape{1, 1, 2, 1}, {510, 30}));
  // Two input and two output channels, 1x1: y = W x.
  const Array pixel(Shape{1, 1, 1, 2}, {3, 5});
  check_close(image_to_grid({1, 1, 0}, pixel, Array(Shape{2, 1, 1, 2}, {1, 2, 3, 4})),
              Array(Shape{1, 1, 1, 2}, {13, 29}));
}

TEST_CASE("transposed convolution by hand") {
  const Array x(Shape{1, 1, 2, 1}, {2, 3});
  const Array w(Shape{1, 2, 2, 1}, {1, 10, 100, 1000});
  check_close(grid_to_image({2, 2, 0}, x, w, 2, 4), Array(Shape{1, 2, 4, 1}, {2, 20, 3, 30, 200, 2000, 300, 3000}));
  check_close(grid_to_image({2, 2, 0}, x, w, 3, 4),
              Array(Shape{1, 3, 4, 1}, {2, 20, 3, 30, 200, 2000, 300, 3000, 0, 0, 0, 0}));
}

TEST_CASE("convolution is the transpose of its gradient") {
  const ConvolutionGeometry geometry{3, 2, 1};
  Array x(Shape{2, 5, 4, 3}), w(Shape{7, 3, 3, 3}), y(Shape{2, 3, 2, 7});
  for (Array* a : {&x, &w, &y}) {
    for (Index i = 0; i < a->size(); ++i) (*a)[i] = std::sin(static_cast<double>(3 * i + 1));
  }
  const double forward = dot(y, image_to_grid(geometry, x, w));
  CHECK(dot(x, grid_to_image(geometry, y, w, 5, 4)) == doctest::Approx(forward));
  CHECK(dot(w, weight_gradient(geometry, x, y)) == doctest::Approx(forward));
}

TEST_CASE("epilogue order: bias and residual before relu") {
  const Array sums(Shape{1, 1, 2, 2}, {1, -1, -5, 2}), bias(Shape{2}, {1, 0}),
      residual(Shape{1, 1, 2, 2}, {0, 3, 1, -4});
  check_close(epilogue(sums, &bias, &residual, true), Array(Shape{1, 1, 2, 2}, {2, 2, 0, 0}));
  check_close(epilogue(sums, nullptr, nullptr, true), Array(Shape{1, 1, 2, 2}, {1, 0, 0, 2}));
}

TEST_CASE("batch norm by hand") {
  const Array x(Shape{1, 1, 4, 1}, {1, 2, 3, 6});  // mean 3, biased variance 3.5, unbiased 14 / 3
  const BatchNormStatistics s = batch_norm_statistics({.epsilon = 0.0f, .momentum = 0.5f}, x, Array(Shape{1}, 2.0),
                                                      Array(Shape{1}, 1.0), Array(Shape{1}, 1.0), Array(Shape{1}, 1.0));
  CHECK(s.mean[0] == doctest::Approx(3.0));
  CHECK(s.inverse_deviation[0] == doctest::Approx(1.0 / std::sqrt(3.5)));
  CHECK(s.scale[0] == doctest::Approx(2.0 / std::sqrt(3.5)));
  CHECK(s.shift[0] == doctest::Approx(1.0 - 6.0 / std::sqrt(3.5)));
  CHECK(s.running_mean[0] == doctest::Approx(2.0));
  CHECK(s.running_variance[0] == doctest::Approx(0.5 + 7.0 / 3.0));
  const Array residual(x.shape, -10.0);
  check_close(batch_norm_apply(x, Array(Shape{1}, 2.0), Array(Shape{1}, 1.0), &residual, true),
              Array(x.shape, {0, 0, 0, 3}));
}

TEST_CASE("max pool, concatenation and slices by hand") {
  const Array x(Shape{1, 3, 3, 1}, {-1, -2, -3, -4, -5, -6, -7, -8, -9});
  check_close(max_pool({3, 2, 1}, x), Array(Shape{1, 2, 2, 1}, {-1, -2, -4, -5}));
  const Array a(Shape{1, 1, 2, 1}, {1, 2}), b(Shape{1, 1, 2, 2}, {3, 4, 5, 6});
  const Array both = concatenate_channels({a, b});
  check_close(both, Array(Shape{1, 1, 2, 3}, {1, 3, 4, 2, 5, 6}));
  check_close(slice_channels(both, 1, 2), b);
}

TEST_CASE("max pool's gradient by hand: to the first of equal maxima") {
  const Array x(Shape{1, 2, 4, 1}, {1, 3, 3, 2, 3, 0, 1, 2});
  const Array dy(Shape{1, 1, 2, 1}, {10, 100});
  check_close(max_pool_gradient({2, 2, 0}, x, dy), Array(x.shape, {0, 10, 100, 0, 0, 0, 0, 0}));
  // Padded windows of three overlap in the column of the first 3.
  check_close(max_pool_gradient({3, 2, 1}, x, dy), Array(x.shape, {0, 110, 0, 0, 0, 0, 0, 0}));
}

TEST_CASE("softmax cross-entropy by hand") {
  const Array logits(Shape{1, 1, 3, 2}, {0, std::log(3.0), 5, 7, 1000, -1000});
  CHECK(softmax_cross_entropy(logits, Array(Shape{3}, {0, -1, -1})) == doctest::Approx(std::log(4.0)));
  CHECK(softmax_cross_entropy(logits, Array(Shape{3}, {1, -1, 1})) == doctest::Approx(0.5 * std::log(4.0 / 3.0) + 1e3));
  CHECK(softmax_cross_entropy(logits, Array(Shape{3}, -1.0)) == 0.0);
}

TEST_CASE("memory read by hand") {
  // Cosines of the query with the two prototypes are 1 and 0; temperature 1 / log 3 makes the odds 3 to 1.
  MemoryParams params;
  params.classes = 2;
  params.slots = 1;
  params.temperature = static_cast<float>(1.0 / std::log(3.0));
  const Array z(Shape{1, 1, 1, 2}, {5, 0}), prototypes(Shape{2, 2}, {2, 0, 0, 4});
  const MemoryRead out = memory_read(params, z, prototypes);
  check_close(out.softmax, Array(Shape{1, 2}, {0.75, 0.25}), 1e-6);
  check_close(out.read, Array(z.shape, {1.5, 1.0}), 1e-6);
  check_close(out.mass, Array(Shape{1, 2}, {0.75, 0.25}), 1e-6);
  CHECK(out.query_inverse_norm[0] == doctest::Approx(0.2));
  CHECK(out.memory_inverse_norm[1] == doctest::Approx(0.25));
  params.shrinkage = 0.5f;  // the second prototype falls away, the first takes it all
  check_close(memory_read(params, z, prototypes).read, Array(z.shape, {2.0, 0.0}), 1e-9);
  params.shrinkage = 0.9f;  // all fall away
  check_close(memory_read(params, z, prototypes).read, Array(z.shape));
}

TEST_CASE("class loss by hand") {
  const Array mass(Shape{2, 2}, {0.5, 0.5, 0.25, 0.75});
  CHECK(class_loss(mass, {0, 0}) == doctest::Approx(0.5 * (std::log(2.0) + std::log(4.0))));
}

TEST_CASE("cosine distances by hand") {
  const Array a(Shape{2, 1, 2, 2}, {3, 4, 1, 0, 0, 0, 0, 0}), b(Shape{2, 1, 2, 2}, {4, 3, 0, 2, 1, 1, 1, 1});
  check_close(cosine_map(a, b), Array(Shape{2, 1, 2}, {0.04, 1, 1, 1}));
  check_close(cosine_moments(a, b), Array(Shape{2, 3}, {26, 29, 24, 0, 4, 0}));
  CHECK(cosine_flat(a, b) == doctest::Approx(0.5 * (1.0 - 24.0 / std::sqrt(26.0 * 29.0)) + 0.5));
}

TEST_CASE("mask reduction by hand") {
  const Array mask(Shape{1, 4, 4}, {1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0});
  check_close(reduce_mask(mask, MaskReduction::kAverage, 2), Array(Shape{1, 2, 2}, {0.25, 0.75, 0.25, 0}));
  check_close(reduce_mask(mask, MaskReduction::kNearest, 2), Array(Shape{1, 2, 2}, {1, 0, 0, 0}));
  check_close(reduce_mask(mask, MaskReduction::kMaximum, 2), Array(Shape{1, 2, 2}, {1, 1, 1, 0}));
}

TEST_CASE("Adam by hand") {
  Adam adam({.beta1 = 0.5f, .beta2 = 0.75f, .epsilon = 0.0f, .clip_norm = 0.0f}, Array(Shape{1}, 1.0));
  adam.learning_rate = 0.1;
  adam.step(Array(Shape{1}, 4.0), 0.0);  // the first step has length lr, whatever the gradient
  CHECK(adam.w[0] == doctest::Approx(0.9));
  adam.step(Array(Shape{1}, 0.0), 0.0);  // m = 1, v = 3: 0.1 * (1 / 0.75) / sqrt(3 / 0.4375)
  CHECK(adam.w[0] == doctest::Approx(0.9 - 0.1 * (4.0 / 3.0) / std::sqrt(3.0 / 0.4375)));
  adam.step(Array(Shape{1}, 1.0), std::nan(""));
  CHECK(adam.steps_taken == 2);
  CHECK(adam.skipped_in_a_row == 1);
  adam.params.clip_norm = 5.0f;
  adam.step(Array(Shape{1}, 10.0), 0.0);
  CHECK(adam.gradient_scale == doctest::Approx(0.5));
  CHECK(adam.skipped_in_a_row == 0);
  CHECK(adam.skipped_total == 1);
}

TEST_CASE("normalise and blend by hand") {
  const Normalisation n{{0.5f, 0.0f, 0.0f}, {0.5f, 1.0f, 1.0f}};
  const Array x(Shape{1, 1, 2, 3}, {255, 0, 255, 0, 255, 0}), source(x.shape, 0.0);
  check_close(normalise_images(n, x), Array(x.shape, {1, 0, 1, -1, 1, 0}));
  const std::array<float, 1> opacity{0.25f};
  check_close(blend_anomalies(n, x, source, Array(Shape{1, 1, 2}, {0, 1}), opacity),
              Array(x.shape, {1, 0, 1, -1, 0.25, 0}));
}

TEST_CASE("Perlin masks: a plausible share, redrawn when empty, none when p_normal strikes") {
  std::vector<PerlinKey> keys;
  for (std::uint32_t item = 0; item < 64; ++item) keys.push_back({11, 3, item});
  const Index side = 32;
  const auto share_of = [&](const PerlinParams& params, double& empty) {
    const Array masks = perlin_masks(params, keys, side);
    empty = 0;
    for (Index n = 0; n < 64; ++n) {
      double set = 0;
      for (Index i = 0; i < side * side; ++i) set += masks[n * side * side + i];
      if (set == 0.0) ++empty;
    }
    return sum(masks) / static_cast<double>(masks.size());
  };
  double empty = 0.0;
  const double share = share_of({}, empty);
  CHECK(share > 0.03);
  CHECK(share < 0.3);
  CHECK(empty == 0);
  double empty_once = 0.0;
  (void)share_of({.redraws = 0}, empty_once);
  CHECK(empty_once > 0);
  double empty_half = 0.0;
  (void)share_of({.p_normal = 0.5f}, empty_half);
  CHECK(empty_half > 16);
  CHECK(empty_half < 48);
}

TEST_CASE("enlargement by hand") {
  const Array map(Shape{1, 2, 2}, {0, 2, 4, 6});
  check_close(upsample_bilinear(map, 3), Array(Shape{1, 3, 3}, {0, 1, 2, 2, 3, 4, 4, 5, 6}));
  check_close(upsample_bilinear(Array(Shape{1, 1, 1}, 7.0), 2), Array(Shape{1, 2, 2}, 7.0));
}

TEST_CASE("the blur keeps constants and mass, and mirrors at the border") {
  check_close(gaussian_blur(1.0, Array(Shape{1, 9, 9}, 3.0)), Array(Shape{1, 9, 9}, 3.0));
  Array impulse(Shape{1, 9, 9});
  impulse(0, 0, 2) = 1.0;
  const Array blurred = gaussian_blur(1.0, impulse);
  CHECK(sum(blurred) == doctest::Approx(1.0));  // what leaves on one side comes back from its mirror image
  double total = 0.0;
  for (int t = -4; t <= 4; ++t) total += std::exp(-0.5 * t * t);
  const auto weight = [&](int t) { return std::exp(-0.5 * t * t) / total; };
  // Row 0 sees itself and its mirror image at -1; column 0 sees column 2, and its mirror image at -3.
  CHECK(blurred(0, 0, 0) == doctest::Approx((weight(0) + weight(1)) * (weight(2) + weight(3))));
  check_close(gaussian_blur(0.0, impulse), impulse);
}

TEST_CASE("fusion and scores by hand") {
  const Array tr(Shape{1, 1, 2}, {1, 2}), ri(Shape{1, 1, 2}, {3, 5});
  check_close(fuse_maps(MapFusion::kProduct, 0.0, tr, ri), Array(tr.shape, {3, 10}));
  check_close(fuse_maps(MapFusion::kWeighted, 0.25, tr, ri), Array(tr.shape, {1.5, 2.75}));
  Array maps(Shape{1, 20, 20});
  maps[7] = 8.0;
  maps[9] = 4.0;
  CHECK(image_scores(ScoreRule::kMaximum, maps)[0] == 8.0);
  CHECK(image_scores(ScoreRule::kTopPercent, maps)[0] == doctest::Approx(3.0));  // of 4 pixels
}
