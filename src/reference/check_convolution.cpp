// Cases of the four convolution methods and their weight gradients.
#include <algorithm>

#include "reference/checker.h"
#include "reference/convolution.h"

namespace mdd::reference {
namespace {

/// One geometry with the extents of its image [N,H,W,C] and the channels K of its grid.
struct Case {
  Index n, h, w, c, k;
  ConvolutionGeometry geometry;

  [[nodiscard]] Shape image() const { return {n, h, w, c}; }
  [[nodiscard]] Shape grid() const { return {n, geometry.output(h), geometry.output(w), k}; }
  [[nodiscard]] Shape weights() const { return {k, geometry.kernel, geometry.kernel, c}; }
  [[nodiscard]] std::string text(const Shape& x, Index outputs) const {
    const std::string side = std::to_string(geometry.kernel);
    return "x " + x.text() + ", " + std::to_string(outputs) + " filters " + side + "x" + side + ", stride " +
           std::to_string(geometry.stride) + ", padding " + std::to_string(geometry.padding);
  }
  /// Multiplications of one convolution.
  [[nodiscard]] Index products() const { return grid().elements() * geometry.kernel * geometry.kernel * c; }
  /// Few enough products that finite differences over every element stay cheap.
  [[nodiscard]] bool small() const { return products() * (image().elements() + weights().elements()) < 2'000'000; }
};

constexpr Case kConvolutions[] = {
    {1, 1, 1, 1, 1, {1, 1, 0}},
    {1, 3, 2, 7, 5, {2, 2, 0}},
    {2, 5, 3, 3, 5, {3, 1, 1}},
    {1, 7, 6, 1, 7, {3, 2, 1}},
    {3, 4, 5, 5, 3, {1, 1, 0}},
    {1, 5, 3, 3, 2, {3, 2, 1}},
    {2, 5, 7, 16, 17, {3, 1, 1}},
    {1, 9, 6, 17, 16, {3, 2, 1}},
    {2, 6, 5, 33, 64, {1, 1, 0}},
    {2, 7, 5, 64, 33, {1, 2, 0}},
    {1, 15, 13, 3, 16, {7, 2, 3}},
    {2, 6, 8, 16, 16, {3, 2, 1}},
    {1, 13, 14, 64, 64, {3, 1, 1}},
    {2, 3, 4, 16, 353, {1, 1, 0}},
    // Whole vectors of channels, and the ends of the blocks in which fast kernels work: tiles of 4x4 that reach over
    // the edge, sums longer than a block, more positions than a block.
    {2, 9, 6, 32, 48, {3, 1, 1}},
    {3, 20, 17, 16, 32, {3, 1, 1}},
    {1, 13, 11, 288, 32, {3, 1, 1}},
    {1, 16, 13, 32, 48, {3, 2, 1}},
    {2, 17, 14, 32, 64, {3, 2, 1}},
    {2, 7, 9, 32, 48, {1, 2, 0}},
    {2, 7, 8, 448, 32, {1, 1, 0}},
    {1, 18, 20, 32, 32, {1, 1, 0}}};

// The network knows 2x2 with stride 2; {1, 5, 7, ..} leaves a last row and column that no grid position reaches.
constexpr Case kTransposed[] = {{1, 2, 2, 1, 1, {2, 2, 0}},     {2, 6, 4, 3, 5, {2, 2, 0}},
                                {1, 5, 7, 5, 3, {2, 2, 0}},     {3, 4, 6, 16, 7, {2, 2, 0}},
                                {2, 8, 6, 17, 33, {2, 2, 0}},   {1, 5, 4, 3, 7, {3, 1, 1}},
                                {1, 10, 14, 64, 64, {2, 2, 0}}, {2, 8, 6, 32, 48, {2, 2, 0}}};

/// Forward with every epilogue, then the data gradient in both modes, then the weight gradient. The two kinds differ
/// in which side is the input, and in nothing else.
class ConvolutionCheck {
 public:
  ConvolutionCheck(Checker& check, const Case& c, bool transposed)
      : check_(check),
        case_(c),
        transposed_(transposed),
        x_(check.random_feature(transposed ? c.grid() : c.image())),
        w_(check.random_feature(c.weights())),
        tolerance_(check.feature_product_tolerance(kSum)) {}

  void run() {
    check_forward();
    if (!check_.has_gradients()) return;
    const Array dy = check_.random_feature(transposed_ ? case_.image() : case_.grid());
    check_data_gradient(dy);
    check_weight_gradient(dy);
  }

 private:
  /// A sum of signed products can come out near zero; its rounding error is that of its terms, whose size this is: the
  /// root of the sum of all squared products, with `sums` any of the three maps.
  template <class Map>
  [[nodiscard]] static double size_of_terms(const Map& sums, Array a, Array b) {
    for (double& value : a.values) value *= value;
    for (double& value : b.values) value *= value;
    double total = 0.0;
    for (const double value : sums(a, b).values) total += value;
    return std::sqrt(total);
  }

  [[nodiscard]] Array forward(const Array& x, const Array& w) const {
    return transposed_ ? grid_to_image(case_.geometry, x, w, case_.h, case_.w) : image_to_grid(case_.geometry, x, w);
  }

  void check_forward() {
    Backend& backend = check_.backend();
    const Array sums = forward(x_, w_);
    const double terms = size_of_terms([&](const Array& a, const Array& b) { return forward(a, b); }, x_, w_);
    const Array bias = check_.random(Shape{sums.shape.back()});
    const Array residual = check_.random_feature(sums.shape);
    const DeviceArray x = check_.feature(x_), w = check_.device(w_);
    const DeviceArray device_bias = check_.device(bias), device_residual = check_.feature(residual);
    for (int which = 0; which < 8; ++which) {
      const bool with_bias = (which & 1) != 0, with_residual = (which & 2) != 0, relu = (which & 4) != 0;
      const Epilogue fused{with_bias ? device_bias.tensor() : Tensor{},
                           with_residual ? device_residual.tensor() : Tensor{}, relu};
      const DeviceArray y = check_.poisoned_feature(sums.shape);
      if (transposed_) {
        backend.transposed_convolution_forward(case_.geometry, x, {w, false}, fused, y);
      } else {
        backend.convolution_forward(case_.geometry, x, {w, false}, fused, y);
      }
      check_.compare(std::string("y") + (with_bias ? " + bias" : "") + (with_residual ? " + residual" : "") +
                         (relu ? ", relu" : ""),
                     y, epilogue(sums, with_bias ? &bias : nullptr, with_residual ? &residual : nullptr, relu),
                     transposed_ ? tolerance_ : check_.forward_tolerance(kSum, case_.geometry), terms);
    }
    check_.compare("x is left alone", x, x_, kExact);
  }

  void check_data_gradient(const Array& dy) {
    const auto transpose = [&](const Array& upstream, const Array& w) {
      return transposed_ ? image_to_grid(case_.geometry, upstream, w)
                         : grid_to_image(case_.geometry, upstream, w, case_.h, case_.w);
    };
    const Array expected = transpose(dy, w_);
    const double terms = size_of_terms(transpose, dy, w_);
    const DeviceArray device_dy = check_.feature(dy), w = check_.device(w_);
    const auto call = [&](const DeviceArray& dx, WriteMode mode) {
      if (transposed_) {
        check_.backend().transposed_convolution_backward_data(case_.geometry, device_dy, w, dx, mode);
      } else {
        check_.backend().convolution_backward_data(case_.geometry, device_dy, w, dx, mode);
      }
    };
    const DeviceArray dx = check_.poisoned_feature(expected.shape);
    call(dx, WriteMode::kOverwrite);
    check_.compare("dx", dx, expected, tolerance_, terms);
    if (case_.small()) {
      check_.compare("dx, finite differences", dx,
                     numeric_gradient(
                         x_, [&](const Array& x) { return dot(dy, forward(x, w_)); }, 1e-3),
                     tolerance_, terms);
    }
    const Array before = check_.random_feature(expected.shape);
    const DeviceArray sum = check_.feature(before);
    call(sum, WriteMode::kAccumulate);
    // What was there may cancel dx, which is rounded before it is added.
    check_.compare("dx, accumulated", sum, reference_sum(before, expected), tolerance_,
                   std::max(terms, norm(expected)));
  }

  void check_weight_gradient(const Array& dy) {
    const auto correlate = [&](const Array& x, const Array& upstream) {
      return transposed_ ? weight_gradient(case_.geometry, upstream, x) : weight_gradient(case_.geometry, x, upstream);
    };
    const Array expected = correlate(x_, dy);
    const double terms = size_of_terms(correlate, x_, dy);
    const DeviceArray device_dy = check_.feature(dy), x = check_.feature(x_);
    const DeviceArray dw = check_.poisoned(expected.shape);
    const double tolerance = check_.weight_gradient_tolerance(kSum);
    if (transposed_) {
      check_.backend().transposed_convolution_backward_weights(case_.geometry, x, device_dy, dw);
    } else {
      check_.backend().convolution_backward_weights(case_.geometry, x, device_dy, dw);
    }
    check_.compare("dw", dw, expected, tolerance, terms);
    if (case_.small()) {
      check_.compare("dw, finite differences", dw,
                     numeric_gradient(
                         w_, [&](const Array& w) { return dot(dy, forward(x_, w)); }, 1e-3),
                     tolerance, terms);
    }
  }

  [[nodiscard]] static Array reference_sum(Array a, const Array& b) {
    for (Index i = 0; i < a.size(); ++i) a[i] += b[i];
    return a;
  }

  Checker& check_;
  const Case& case_;
  bool transposed_;
  Array x_, w_;
  double tolerance_;  ///< of what is stored as features
};

/// A frozen filter may be packed once; after forget_packed_filters its new values count.
void check_frozen(Checker& check, bool transposed) {
  const Case c = transposed ? Case{1, 4, 6, 5, 16, {2, 2, 0}} : Case{1, 5, 6, 16, 17, {3, 1, 1}};
  Backend& backend = check.backend();
  const Array x = check.random_feature(transposed ? c.grid() : c.image());
  const DeviceArray device_x = check.feature(x);
  DeviceArray w = check.poisoned(c.weights());
  for (int round = 0; round < 2; ++round) {
    const Array values = check.random_feature(c.weights());
    w.upload(values);
    backend.forget_packed_filters();
    const Array expected =
        transposed ? grid_to_image(c.geometry, x, values, c.h, c.w) : image_to_grid(c.geometry, x, values);
    for (int call = 0; call < 2; ++call) {
      const DeviceArray y = check.poisoned_feature(expected.shape);
      if (transposed) {
        backend.transposed_convolution_forward(c.geometry, device_x, {w, true}, {}, y);
      } else {
        backend.convolution_forward(c.geometry, device_x, {w, true}, {}, y);
      }
      check.compare("y, call " + std::to_string(call) + " with values " + std::to_string(round), y, expected,
                    transposed ? check.feature_product_tolerance(kSum) : check.forward_tolerance(kSum, c.geometry));
    }
  }
  backend.forget_packed_filters();
}

}  // namespace

void check_convolution(Checker& check) {
  for (const Case& c : kConvolutions) {
    if (check.small_only() && c.products() > 250'000) continue;
    check.run("convolution", c.text(c.image(), c.k), [&] { ConvolutionCheck(check, c, false).run(); });
  }
  for (const Case& c : kTransposed) {
    check.run("transposed convolution", c.text(c.grid(), c.c), [&] { ConvolutionCheck(check, c, true).run(); });
  }
  check.run("convolution", "frozen filter", [&] { check_frozen(check, false); });
  check.run("transposed convolution", "frozen filter", [&] { check_frozen(check, true); });
}

}  // namespace mdd::reference
