// Our own convolution kernels work in blocks of tiles and of positions. What they compute for one image must not depend
// on the block into which it falls; that it is right at all, float64 loops say (src/reference).
#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "core/rng.h"
#include "cpu/own_convolution.h"
#include "cpu/processor.h"

using namespace mdd;
using namespace mdd::cpu;

namespace {

/// An f32 tensor that owns its elements, random at first.
struct Array {
  Array(const Shape& s, std::uint32_t item) : shape(s), values(static_cast<std::size_t>(s.elements())) {
    RandomStream random(3, 0, item, Purpose::kTest);
    for (float& value : values) value = random.uniform(-0.5f, 0.5f);
  }
  Tensor tensor() { return {values.data(), DType::kF32, shape}; }
  Tensor image(std::int64_t n) { return tensor().rows(n, 1); }
  Shape shape;
  std::vector<float> values;
};

/// Many images of one convolution between a wide and a narrow side, at once and one by one.
struct Case {
  std::string name;
  ConvolutionGeometry geometry;
  bool transposed;
  Shape wide, narrow;

  [[nodiscard]] const Shape& input() const { return transposed ? narrow : wide; }
  [[nodiscard]] const Shape& output() const { return transposed ? wide : narrow; }
  [[nodiscard]] std::int64_t images() const { return wide[0]; }
  [[nodiscard]] ConvolutionProblem problem(ConvolutionKind plain, ConvolutionKind turned, std::int64_t images) const {
    const auto few = [&](const Shape& s) { return Shape{images, s[1], s[2], s[3]}; };
    return {transposed ? turned : plain, geometry, few(input()), few(output())};
  }
};

// Batches of several blocks, which end within an image.
const Case kCases[] = {
    {"Winograd", {3, 1, 1}, false, {5, 30, 26, 160}, {5, 30, 26, 96}},
    {"3x3, stride 2", {3, 2, 1}, false, {3, 30, 26, 64}, {3, 15, 13, 96}},
    {"1x1", {1, 1, 0}, false, {3, 19, 21, 448}, {3, 19, 21, 64}},
    {"transposed", {2, 2, 0}, true, {3, 22, 26, 64}, {3, 11, 13, 96}},
};

bool equal_bits(const Array& a, const Array& b) { return a.values == b.values; }

/// All that `own` takes of a case: the batch at once, then image by image.
void check_case(OwnConvolutions& own, const Case& c) {
  const Epilogue relu{{}, {}, true};
  Array x(c.input(), 1), w({c.narrow[3], c.geometry.kernel, c.geometry.kernel, c.wide[3]}, 2), dy(c.output(), 3);

  Array y(c.output(), 4), y_single(c.output(), 5);
  const auto forward = [&](std::int64_t images) {
    return c.problem(ConvolutionKind::kForward, ConvolutionKind::kTransposedForward, images);
  };
  REQUIRE(own.takes(forward(1)));
  own.forward(forward(c.images()), x.tensor(), {w.tensor(), false}, relu, y.tensor());
  for (std::int64_t n = 0; n < c.images(); ++n) {
    own.forward(forward(1), x.image(n), {w.tensor(), true}, relu, y_single.image(n));
  }
  CHECK(equal_bits(y, y_single));

  Array dx(c.input(), 6), dx_single(c.input(), 7);
  const auto data = [&](std::int64_t images) {
    return c.problem(ConvolutionKind::kBackwardData, ConvolutionKind::kTransposedBackwardData, images);
  };
  if (own.takes(data(1))) {
    own.backward_data(data(c.images()), dy.tensor(), w.tensor(), dx.tensor(), WriteMode::kOverwrite);
    for (std::int64_t n = 0; n < c.images(); ++n) {
      own.backward_data(data(1), dy.image(n), w.tensor(), dx_single.image(n), WriteMode::kOverwrite);
    }
    CHECK(equal_bits(dx, dx_single));
  } else {
    MESSAGE("data gradient left to oneDNN on this processor: " << c.name);
    CHECK((c.geometry == ConvolutionGeometry{3, 2, 1} && has_wider_vectors()));
  }

  const auto weights = [&](std::int64_t images) {
    return c.problem(ConvolutionKind::kBackwardWeights, ConvolutionKind::kTransposedBackwardWeights, images);
  };
  if (!own.takes(weights(1))) return;
  Array dw(w.shape, 8), part(w.shape, 9);
  own.backward_weights(weights(c.images()), x.tensor(), dy.tensor(), dw.tensor());
  std::vector<double> sum(dw.values.size());
  for (std::int64_t n = 0; n < c.images(); ++n) {
    own.backward_weights(weights(1), x.image(n), dy.image(n), part.tensor());
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += static_cast<double>(part.values[i]);
  }
  double worst = 0, largest = 0;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(dw.values[i]) - sum[i]));
    largest = std::max(largest, std::abs(sum[i]));
  }
  CHECK(largest > 1.0);
  CHECK(worst < 1e-5 * largest);
}

}  // namespace

TEST_CASE("a batch is what its images are, whatever the blocks") {
  for (const Precision precision : {Precision::kF32, Precision::kBf16}) {
    if (precision == Precision::kBf16 && !has_bf16_products()) {
      MESSAGE("not tested: this processor has no bf16 arithmetic");
      continue;
    }
    for (const Case& c : kCases) {
      CAPTURE(c.name);
      CAPTURE(precision == Precision::kBf16);
      OwnConvolutions own(precision);
      if (!own.takes(c.problem(ConvolutionKind::kForward, ConvolutionKind::kTransposedForward, c.images()))) {
        MESSAGE("left to oneDNN on this processor: " << c.name);
        CHECK((!has_fused_multiply_add() || (has_wider_vectors() && !c.transposed && precision == Precision::kF32)));
        continue;
      }
      check_case(own, c);
    }
  }
}

TEST_CASE("what is not ours is left to oneDNN") {
  const OwnConvolutions own(Precision::kF32);
  const ConvolutionGeometry plain{3, 1, 1};
  const auto takes = [&](const Shape& x, const Shape& y) {
    return own.takes({ConvolutionKind::kForward, plain, x, y});
  };
  CHECK(takes({1, 16, 16, 32}, {1, 16, 16, 48}) == has_fused_multiply_add());
  CHECK_FALSE(takes({1, 16, 16, 32}, {1, 16, 16, 40}));  // channels that do not fill a vector
  CHECK_FALSE(takes({1, 16, 16, 24}, {1, 16, 16, 32}));
  // A stem has no gradient of its images.
  CHECK_FALSE(own.takes({ConvolutionKind::kBackwardData, {7, 2, 3}, {1, 64, 64, 3}, {1, 32, 32, 64}}));
  CHECK_FALSE(own.takes({ConvolutionKind::kBackwardWeights, {7, 2, 3}, {1, 64, 64, 3}, {1, 32, 32, 64}}));
}
