// Compositions of differentiable functions against finite differences of the float64 reference: what check_backend
// cannot see is how gradients of several readers meet.
#include "autograd/harness.h"
#include "reference/batch_norm.h"
#include "reference/convolution.h"
#include "reference/features.h"
#include "reference/losses.h"
#include "reference/memory.h"

using namespace mdd;
using namespace mdd::test;

namespace {

constexpr BatchNormParams kNorm{};

/// A batch norm's learned vectors, as reference arrays and on the device.
struct Norm {
  Norm(Harness& h, std::int64_t channels, std::uint32_t item)
      : gamma(random_array({channels}, item, 0.5f, 1.5f)),
        beta(random_array({channels}, item + 1)),
        views{h.parameter(gamma), h.parameter(beta), h.device(Array({channels})), h.device(Array({channels}, 1.0))} {}
  Array gamma, beta;
  BatchNormParameters views;
};

Array norm_of(const Array& x, const Array& gamma, const Array& beta, const Array* residual, bool relu) {
  return reference::batch_norm(kNorm, x, gamma, beta, residual, relu);
}

}  // namespace

TEST_CASE("a residual block: the input is read by a convolution, by the shortcut, and by somebody after the block") {
  Harness h;
  const ConvolutionGeometry same{3, 1, 1};
  const Array x = random_array({2, 4, 4, 3}, 1), target = random_array({2, 4, 4, 3}, 2);
  const Array w1 = random_array({3, 3, 3, 3}, 3), w2 = random_array({3, 3, 3, 3}, 4);
  const Norm n1(h, 3, 5), n2(h, 3, 7);
  const ParameterView v1 = h.parameter(w1), v2 = h.parameter(w2);
  const auto loss = [&](const Array& in, const Array& first, const Array& second, const Array& gamma) {
    const Array inner = norm_of(reference::image_to_grid(same, in, first), gamma, n1.beta, nullptr, true);
    const Array block = norm_of(reference::image_to_grid(same, inner, second), n2.gamma, n2.beta, &in, true);
    return reference::cosine_flat(reference::add(block, in), target);
  };
  const Variable leaf = h.leaf(x);
  const Tensor value = h.device(Array({1}));
  {
    const Variable inner = batch_norm(h.tape, kNorm, convolution(h.tape, same, leaf, v1), n1.views, nullptr, true);
    const Variable y = batch_norm(h.tape, kNorm, convolution(h.tape, same, inner, v2), n2.views, leaf, true);
    cosine_flat_loss(h.tape, add(h.tape, y, leaf), Tape::constant(h.device(target)), {value, 1.0f});
  }
  CHECK(h.download(value)[0] == doctest::Approx(loss(x, w1, w2, n1.gamma)).epsilon(1e-5));
  h.tape.backward();
  check_gradient("x", h.download(leaf->gradient()), x, [&](const Array& v) { return loss(v, w1, w2, n1.gamma); });
  check_gradient("w1", h.download(v1.gradient), w1, [&](const Array& v) { return loss(x, v, w2, n1.gamma); });
  check_gradient("w2", h.download(v2.gradient), w2, [&](const Array& v) { return loss(x, w1, v, n1.gamma); });
  check_gradient("gamma", h.download(n1.views.gamma.gradient), n1.gamma,
                 [&](const Array& v) { return loss(x, w1, w2, v); });
}

TEST_CASE("an up-sampling block: two transposed convolutions read the same input") {
  Harness h;
  const ConvolutionGeometry doubling{2, 2, 0};
  const Array x = random_array({2, 2, 3, 4}, 11), target = random_array({2, 4, 6, 3}, 12);
  const Array w1 = random_array({4, 2, 2, 3}, 13), w2 = random_array({4, 2, 2, 3}, 14);
  const Norm n1(h, 3, 15), n2(h, 3, 17);
  const ParameterView v1 = h.parameter(w1), v2 = h.parameter(w2);
  const auto loss = [&](const Array& in, const Array& first, const Array& second) {
    const Array shortcut =
        norm_of(reference::grid_to_image(doubling, in, second, 4, 6), n2.gamma, n2.beta, nullptr, false);
    return reference::cosine_flat(
        norm_of(reference::grid_to_image(doubling, in, first, 4, 6), n1.gamma, n1.beta, &shortcut, true), target);
  };
  const Variable leaf = h.leaf(x);
  const Tensor value = h.device(Array({1}));
  {
    const Variable main = transposed_convolution(h.tape, doubling, leaf, v1);
    const Variable shortcut =
        batch_norm(h.tape, kNorm, transposed_convolution(h.tape, doubling, leaf, v2), n2.views, nullptr, false);
    const Variable y = batch_norm(h.tape, kNorm, main, n1.views, shortcut, true);
    CHECK(y->value.shape == Shape{2, 4, 6, 3});
    cosine_flat_loss(h.tape, y, Tape::constant(h.device(target)), {value, 1.0f});
  }
  CHECK(h.download(value)[0] == doctest::Approx(loss(x, w1, w2)).epsilon(1e-5));
  h.tape.backward();
  check_gradient("x", h.download(leaf->gradient()), x, [&](const Array& v) { return loss(v, w1, w2); });
  check_gradient("w1", h.download(v1.gradient), w1, [&](const Array& v) { return loss(x, v, w2); });
  check_gradient("w2", h.download(v2.gradient), w2, [&](const Array& v) { return loss(x, w1, v); });
}

TEST_CASE("batch norm moves the running statistics towards the batch's, unbiased") {
  Harness h;
  const Array x = random_array({2, 3, 3, 4}, 21);
  const Norm n(h, 4, 22);
  const auto expected = reference::batch_norm_statistics(kNorm, x, n.gamma, n.beta, Array({4}), Array(Shape{4}, 1.0));
  static_cast<void>(batch_norm(h.tape, kNorm, h.leaf(x), n.views, nullptr, false));
  CHECK(reference::relative_error(h.download(n.views.running_mean), expected.running_mean) < 1e-6);
  CHECK(reference::relative_error(h.download(n.views.running_variance), expected.running_variance) < 1e-6);
}

TEST_CASE("a batch norm that shares its input is refused, not computed wrongly") {
  Harness h;
  const Norm n(h, 2, 25);
  const Variable leaf = h.leaf(random_array({1, 3, 3, 2}, 26));
  const Variable y = add(h.tape, batch_norm(h.tape, kNorm, leaf, n.views, nullptr, false), leaf);
  cosine_flat_loss(h.tape, y, Tape::constant(h.device(random_array(y->value.shape, 27))), {h.device(Array({1})), 1.0f});
  CHECK_THROWS_AS(h.tape.backward(), Error);
  h.tape.clear();
}

TEST_CASE("a classifier's ends: stem, max pool with two readers, and logits of a 1x1 convolution under a dense loss") {
  Harness h;
  const ConvolutionGeometry stem{7, 2, 3}, pointwise{1, 1, 0};
  const PoolParams pool;
  const Array x = random_array({1, 14, 10, 3}, 61), labels({1, 4, 3}, {0, 6, -1, 2, -1, 3, 3, 5, -1, 1, 4, 0});
  const Array w = random_array({4, 7, 7, 3}, 62), head = random_array({7, 1, 1, 8}, 63, -3.0f, 3.0f);
  const auto loss = [&](const Array& in, const Array& filters, const Array& classes) {
    const Array pooled = reference::max_pool(pool, reference::image_to_grid(stem, in, filters));
    const Array joined = reference::concatenate_channels({pooled, reference::add(pooled, pooled)});
    return reference::softmax_cross_entropy(reference::image_to_grid(pointwise, joined, classes), labels);
  };
  const Variable leaf = h.leaf(x);
  const ParameterView vw = h.parameter(w), vhead = h.parameter(head);
  const Tensor term = h.device(Array(Shape{1}, 2.0));
  {
    const Variable pooled = max_pool(h.tape, pool, convolution(h.tape, stem, leaf, vw));
    CHECK(pooled->value.shape == Shape{1, 4, 3, 4});
    const Variable joined = concatenate(h.tape, std::array{pooled, add(h.tape, pooled, pooled)});
    dense_classification_loss(h.tape, convolution(h.tape, pointwise, joined, vhead),
                              Tape::constant(h.device(labels, DType::kI32)), {term, 0.5f});
  }
  CHECK(h.download(term)[0] == doctest::Approx(2.0 + loss(x, w, head)).epsilon(1e-5));
  h.tape.backward();
  check_gradient("x", h.download(leaf->gradient()), x, [&](const Array& v) { return 0.5 * loss(v, w, head); });
  check_gradient("w", h.download(vw.gradient), w, [&](const Array& v) { return 0.5 * loss(x, v, head); });
  check_gradient("head", h.download(vhead.gradient), head, [&](const Array& v) { return 0.5 * loss(x, w, v); });
}

TEST_CASE("a max pool of a constant asks for no gradient, and neither does a dense loss of one") {
  Harness h;
  const Variable y = max_pool(h.tape, {}, Tape::constant(h.device(random_array({1, 4, 4, 3}, 66))));
  CHECK_FALSE(y->requires_gradient);
  const Tensor term = h.device(Array({1}));
  dense_classification_loss(h.tape, y, Tape::constant(h.device(Array({4}, {0, 1, 2, -1}), DType::kI32)),
                            {term, 1.0f, WriteMode::kOverwrite});
  h.tape.backward();
  CHECK(h.download(term)[0] > 0.0);
  CHECK_FALSE(y->has_gradient());
}

TEST_CASE("logits under two dense losses are refused, not computed wrongly") {
  Harness h;
  const Variable logits = h.leaf(random_array({1, 2, 2, 3}, 67));
  const Variable labels = Tape::constant(h.device(Array({4}), DType::kI32));
  const LossTerm term{h.device(Array({1})), 1.0f};
  dense_classification_loss(h.tape, logits, labels, term);
  CHECK_THROWS_AS(dense_classification_loss(h.tape, logits, labels, term), Error);
}

TEST_CASE("add and concatenate: one variable on both sides gets both gradients") {
  Harness h;
  const Array x = random_array({2, 2, 2, 3}, 31), other = random_array({2, 2, 2, 2}, 32);
  const Array target = random_array({2, 2, 2, 11}, 33);
  const auto loss = [&](const Array& a, const Array& b) {
    return reference::cosine_flat(reference::concatenate_channels({a, b, reference::add(a, a), a}), target);
  };
  const Variable a = h.leaf(x), b = h.leaf(other);
  {
    const Variable joined = concatenate(h.tape, std::array{a, b, add(h.tape, a, a), a});
    cosine_flat_loss(h.tape, joined, Tape::constant(h.device(target)), {h.device(Array({1})), 1.0f});
  }
  h.tape.backward();
  check_gradient("a", h.download(a->gradient()), x, [&](const Array& v) { return loss(v, other); });
  check_gradient("b", h.download(b->gradient()), other, [&](const Array& v) { return loss(x, v); });
}

TEST_CASE("memory: query and prototypes get the gradients of the read, of the skip and of the class vote") {
  for (const float shrinkage : {0.0f, 0.02f}) {
    CAPTURE(shrinkage);
    Harness h;
    const MemoryParams params{3, 2, 0.5f, shrinkage};
    const Array z = random_array({2, 2, 2, 5}, 41), prototypes = random_array({6, 5}, 42);
    const Array fuse = random_array({5, 1, 1, 10}, 43), target = random_array({2, 2, 2, 5}, 44);
    const Norm n(h, 5, 45);
    const ConvolutionGeometry pointwise{1, 1, 0};
    const auto loss = [&](const Array& query, const Array& memory, const Array& w) {
      const auto reading = reference::memory_read(params, query, memory);
      const Array joined = reference::concatenate_channels({query, reading.read});
      const Array fused = norm_of(reference::image_to_grid(pointwise, joined, w), n.gamma, n.beta, nullptr, true);
      return reference::cosine_flat(fused, target) + 0.3 * reference::class_loss(reading.mass, {2, 0});
    };
    const Variable leaf = h.leaf(z);
    const ParameterView memory = h.parameter(prototypes), w = h.parameter(fuse);
    const Tensor terms = h.device(Array({2}));
    {
      const MemoryReading reading = memory_read(h.tape, params, leaf, memory);
      const Variable joined = concatenate(h.tape, std::array{leaf, reading.read});
      const Variable fused =
          batch_norm(h.tape, kNorm, convolution(h.tape, pointwise, joined, w), n.views, nullptr, true);
      cosine_flat_loss(h.tape, fused, Tape::constant(h.device(target)), {terms.rows(0, 1), 1.0f});
      class_loss(h.tape, reading.mass, Tape::constant(h.device(Array({2}, {2, 0}), DType::kI32)),
                 {terms.rows(1, 1), 0.3f});
    }
    const Array got = h.download(terms);
    CHECK(got[0] + 0.3 * got[1] == doctest::Approx(loss(z, prototypes, fuse)).epsilon(1e-5));
    h.tape.backward();
    check_gradient("z", h.download(leaf->gradient()), z, [&](const Array& v) { return loss(v, prototypes, fuse); });
    check_gradient("prototypes", h.download(memory.gradient), prototypes,
                   [&](const Array& v) { return loss(z, v, fuse); });
    check_gradient("fuse", h.download(w.gradient), fuse, [&](const Array& v) { return loss(z, prototypes, v); });
  }
}

TEST_CASE("memory: either output may go without a gradient") {
  const MemoryParams params{2, 3, 0.2f, 0.0f};
  const Array z = random_array({2, 2, 1, 4}, 51), prototypes = random_array({6, 4}, 52);
  const Array target = random_array({2, 2, 1, 4}, 53);
  SUBCASE("only the class vote pulls") {
    Harness h;
    const Variable leaf = h.leaf(z);
    const ParameterView memory = h.parameter(prototypes);
    class_loss(h.tape, memory_read(h.tape, params, leaf, memory).mass,
               Tape::constant(h.device(Array({2}, {1, 0}), DType::kI32)), {h.device(Array({1})), 2.0f});
    h.tape.backward();
    check_gradient("z", h.download(leaf->gradient()), z, [&](const Array& v) {
      return 2.0 * reference::class_loss(reference::memory_read(params, v, prototypes).mass, {1, 0});
    });
  }
  SUBCASE("only the read pulls") {
    Harness h;
    const Variable leaf = h.leaf(z);
    const ParameterView memory = h.parameter(prototypes);
    cosine_flat_loss(h.tape, memory_read(h.tape, params, leaf, memory).read, Tape::constant(h.device(target)),
                     {h.device(Array({1})), 1.0f});
    h.tape.backward();
    check_gradient("prototypes", h.download(memory.gradient), prototypes, [&](const Array& v) {
      return reference::cosine_flat(reference::memory_read(params, z, v).read, target);
    });
  }
}
