// Loss heads: values that add up in one place, weights that reach the gradients, and who gets a gradient at all.
#include "autograd/harness.h"
#include "reference/convolution.h"
#include "reference/losses.h"

using namespace mdd;
using namespace mdd::test;

TEST_CASE("two branches under three losses: every branch gets the gradients of all losses that read it") {
  Harness h;
  const ConvolutionGeometry doubling{2, 2, 0};
  const Array z = random_array({2, 2, 2, 3}, 1, 0.0f, 1.0f);
  const Array wr = random_array({3, 2, 2, 4}, 2), wi = random_array({3, 2, 2, 4}, 3);
  const Array tn = random_array({2, 4, 4, 4}, 4), ta = random_array({2, 4, 4, 4}, 5);
  const Array cells = random_array({2, 4, 4}, 6, 0.0f, 1.0f);
  const double scale = 1.0 / 32.0;
  const auto loss = [&](const Array& query, const Array& restoring, const Array& identical) {
    const Array r = reference::grid_to_image(doubling, query, restoring, 4, 4);
    const Array i = reference::grid_to_image(doubling, query, identical, 4, 4);
    return 0.7 * reference::cosine_flat(r, tn) + 1.3 * reference::sum(reference::cosine_map(i, ta)) / 32.0 +
           0.5 * scale * reference::absolute_difference(reference::cosine_map(r, i), cells);
  };
  const Variable leaf = h.leaf(z);
  const ParameterView vr = h.parameter(wr), vi = h.parameter(wi);
  const Tensor terms = h.device(Array({3}));
  {
    const Variable r = transposed_convolution(h.tape, doubling, leaf, vr);
    const Variable i = transposed_convolution(h.tape, doubling, leaf, vi);
    cosine_flat_loss(h.tape, r, Tape::constant(h.device(tn)), {terms.rows(0, 1), 0.7f});
    cosine_pixel_loss(h.tape, i, Tape::constant(h.device(ta)), {terms.rows(1, 1), 1.3f});
    discrepancy_loss(h.tape, r, i, Tape::constant(h.device(cells)), static_cast<float>(scale),
                     {terms.rows(2, 1), 0.5f});
  }
  const Array got = h.download(terms);
  CHECK(0.7 * got[0] + 1.3 * got[1] + 0.5 * got[2] == doctest::Approx(loss(z, wr, wi)).epsilon(1e-5));
  h.tape.backward();
  check_gradient("z", h.download(leaf->gradient()), z, [&](const Array& v) { return loss(v, wr, wi); });
  check_gradient("restoring", h.download(vr.gradient), wr, [&](const Array& v) { return loss(z, v, wi); });
  check_gradient("identical", h.download(vi.gradient), wi, [&](const Array& v) { return loss(z, wr, v); });
}

TEST_CASE("a term overwrites on request and accumulates otherwise") {
  Harness h;
  const Array a = random_array({2, 2, 2, 3}, 11), b = random_array({2, 2, 2, 3}, 12);
  const Array cells = random_array({2, 2, 2}, 13, 0.0f, 1.0f);
  const Variable x = h.leaf(a), target = Tape::constant(h.device(b)), map = Tape::constant(h.device(cells));
  const double flat = reference::cosine_flat(a, b), pixel = reference::sum(reference::cosine_map(a, b)) / 8.0;
  const double difference = 0.25 * reference::absolute_difference(reference::cosine_map(a, b), cells);
  const Tensor term = h.device(Array(Shape{1}, 100.0));
  const auto value = [&] { return h.download(term)[0]; };
  cosine_flat_loss(h.tape, x, target, {term, 1.0f, WriteMode::kOverwrite});
  CHECK(value() == doctest::Approx(flat).epsilon(1e-5));
  cosine_pixel_loss(h.tape, x, target, {term, 1.0f, WriteMode::kAccumulate});
  CHECK(value() == doctest::Approx(flat + pixel).epsilon(1e-5));
  discrepancy_loss(h.tape, x, target, map, 0.25f, {term, 1.0f, WriteMode::kAccumulate});
  CHECK(value() == doctest::Approx(flat + pixel + difference).epsilon(1e-5));
  cosine_pixel_loss(h.tape, x, target, {term, 1.0f, WriteMode::kOverwrite});
  CHECK(value() == doctest::Approx(pixel).epsilon(1e-5));
  discrepancy_loss(h.tape, x, target, map, 0.25f, {term, 1.0f, WriteMode::kOverwrite});
  CHECK(value() == doctest::Approx(difference).epsilon(1e-5));
  h.tape.clear();
}

TEST_CASE("distillation pulls on the prediction alone, even where the target could move") {
  for (const bool pixel : {false, true}) {
    CAPTURE(pixel);
    Harness h;
    const Variable prediction = h.leaf(random_array({2, 2, 2, 3}, 21));
    const Variable target = h.leaf(random_array({2, 2, 2, 3}, 22));
    const LossTerm term{h.device(Array({1})), 1.0f};
    pixel ? cosine_pixel_loss(h.tape, prediction, target, term) : cosine_flat_loss(h.tape, prediction, target, term);
    h.tape.backward();
    CHECK(prediction->has_gradient());
    CHECK_FALSE(target->has_gradient());
  }
}

TEST_CASE("a discrepancy between a moving and a fixed side") {
  Harness h;
  const Array a = random_array({1, 2, 3, 4}, 31), b = random_array({1, 2, 3, 4}, 32);
  const Array cells = random_array({1, 2, 3}, 33, 0.0f, 1.0f);
  const Variable x = h.leaf(a);
  discrepancy_loss(h.tape, Tape::constant(h.device(b)), x, Tape::constant(h.device(cells)), 0.5f,
                   {h.device(Array({1})), 3.0f});
  h.tape.backward();
  check_gradient("second side", h.download(x->gradient()), a, [&](const Array& v) {
    return 1.5 * reference::absolute_difference(reference::cosine_map(b, v), cells);
  });
}

TEST_CASE("zero features have cosine 0 and get no gradient") {
  Harness h;
  const Variable x = h.leaf(Array({1, 2, 2, 3}));
  const Tensor term = h.device(Array({1}));
  cosine_flat_loss(h.tape, x, Tape::constant(h.device(random_array({1, 2, 2, 3}, 41))), {term, 1.0f});
  CHECK(h.download(term)[0] == 1.0);
  h.tape.backward();
  CHECK(reference::norm(h.download(x->gradient())) == 0.0);
}
