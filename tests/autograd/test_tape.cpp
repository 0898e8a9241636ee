// The tape's own promises: order, accumulation, and memory that comes back as it runs.
#include <vector>

#include "autograd/harness.h"

using namespace mdd;
using mdd::test::Array;
using mdd::test::Harness;
using mdd::test::random_array;

namespace {

constexpr ConvolutionGeometry kSame{3, 1, 1};

/// A chain of convolutions and a loss. Nobody but the tape holds anything of it afterwards.
void record_chain(Harness& h, const std::vector<ParameterView>& weights, const Array& images) {
  Variable x = h.leaf(images);
  for (const ParameterView& w : weights) x = convolution(h.tape, kSame, x, w);
  const Tensor loss = h.device(Array({1}));
  cosine_flat_loss(h.tape, x, Tape::constant(h.device(random_array(x->value.shape, 90))), {loss, 1.0f});
}

std::vector<ParameterView> chain_weights(Harness& h, int layers) {
  std::vector<ParameterView> weights;
  for (int i = 0; i < layers; ++i) {
    weights.push_back(h.parameter(random_array({4, 3, 3, 4}, static_cast<std::uint32_t>(i))));
  }
  return weights;
}

}  // namespace

TEST_CASE("the first gradient overwrites, later ones accumulate, and a released one starts over") {
  Harness h;
  const Variable x = h.tape.features({3, 5});
  CHECK_FALSE(x->has_gradient());
  const GradientSlot first = x->gradient_slot(h.arena);
  CHECK(first.mode == WriteMode::kOverwrite);
  CHECK(first.tensor.shape == x->value.shape);
  CHECK(first.tensor.data != x->value.data);
  CHECK(x->has_gradient());
  const GradientSlot second = x->gradient_slot(h.arena);
  CHECK(second.mode == WriteMode::kAccumulate);
  CHECK(second.tensor.data == first.tensor.data);
  const std::size_t live = h.arena.live_bytes();
  x->release_gradient();
  CHECK_FALSE(x->has_gradient());
  CHECK(h.arena.live_bytes() < live);
  CHECK(x->gradient_slot(h.arena).mode == WriteMode::kOverwrite);
}

TEST_CASE("a constant has no gradient to write") {
  Harness h;
  const Variable x = Tape::constant(h.device(Array({2, 2}, 1.0)));
  CHECK_FALSE(x->requires_gradient);
  CHECK_THROWS_AS(static_cast<void>(x->gradient_slot(h.arena)), Error);
}

TEST_CASE("rows share memory and keep it alive") {
  Harness h;
  Variable whole = h.tape.features({4, 2, 2, 3}, false);
  const Variable last = Tape::rows(whole, 3, 1);
  CHECK(last->value.shape == Shape{1, 2, 2, 3});
  CHECK(last->value.f32() == whole->value.f32() + 3 * 12);
  whole.reset();
  CHECK(h.arena.live_bytes() > 0);
  CHECK_THROWS_AS(static_cast<void>(Tape::rows(h.tape.features({4, 2}), 0, 1)), Error);
}

TEST_CASE("steps run backwards, once, and let go of what they hold as they run") {
  Harness h;
  std::vector<int> order;
  std::weak_ptr<int> held;
  bool gone_before_next = false;
  h.tape.record([&] {
    gone_before_next = held.expired();
    order.push_back(0);
  });
  {
    const auto resource = std::make_shared<int>(1);
    held = resource;
    h.tape.record([&order, resource] { order.push_back(*resource); });
  }
  h.tape.record([&] { order.push_back(held.expired() ? -1 : 2); });
  CHECK(order.empty());
  h.tape.backward();
  CHECK(order == std::vector<int>{2, 1, 0});
  CHECK(gone_before_next);
  h.tape.backward();
  CHECK(order.size() == 3);
}

TEST_CASE("what is cleared does not run and gives its memory back") {
  Harness h;
  int runs = 0;
  h.tape.record([&runs, x = h.tape.features({64})] { ++runs; });
  CHECK(h.arena.live_bytes() > 0);
  h.tape.clear();
  h.tape.backward();
  CHECK(runs == 0);
  CHECK(h.arena.live_bytes() == 0);
}

TEST_CASE("an inference tape records nothing and asks for no gradient") {
  Harness h;
  const std::vector<ParameterView> weights = chain_weights(h, 2);
  Tape tape(*h.backend, h.arena, false);
  {
    const Variable x = tape.features({2, 6, 6, 4});
    CHECK_FALSE(x->requires_gradient);
    h.backend->fill(x->value, 1.0f);
    const Variable y = convolution(tape, kSame, convolution(tape, kSame, x, weights[0]), weights[1]);
    CHECK_FALSE(y->requires_gradient);
  }
  CHECK(h.arena.live_bytes() == 0);  // nothing holds an activation: nothing was recorded
  int runs = 0;
  tape.record([&runs] { ++runs; });
  tape.backward();
  CHECK(runs == 0);
}

TEST_CASE("memory comes back while the tape runs") {
  Harness h;
  constexpr int kLayers = 8;
  const std::vector<ParameterView> weights = chain_weights(h, kLayers);
  std::vector<std::size_t> live;
  Variable x = h.leaf(random_array({2, 8, 8, 4}, 50));
  const std::size_t one = h.arena.live_bytes();
  for (const ParameterView& w : weights) {
    h.tape.record([&] { live.push_back(h.arena.live_bytes()); });  // runs after the layer that is recorded next
    x = convolution(h.tape, kSame, x, w);
  }
  const Tensor loss = h.device(Array({1}));
  cosine_flat_loss(h.tape, x, Tape::constant(h.device(random_array(x->value.shape, 51))), {loss, 1.0f});
  x.reset();
  h.tape.backward();
  REQUIRE(live.size() == kLayers);
  // After a layer's backward step: its input's value and gradient, and the inputs of the layers before it.
  for (std::size_t i = 0; i + 1 < live.size(); ++i) CHECK(live[i] == one * (kLayers - i + 1));
  CHECK(live.back() == 0);
}

TEST_CASE("addresses repeat from the second step on, and so do reserved bytes") {
  Harness h;
  StepArena small(*h.backend, 1024);  // so small that the first step needs several chunks
  const std::vector<ParameterView> weights = chain_weights(h, 5);
  const Tensor images = h.device(random_array({2, 8, 8, 4}, 60));
  const Variable target = Tape::constant(h.device(random_array({2, 8, 8, 4}, 61)));
  const Tensor loss = h.device(Array({1}));
  std::vector<std::vector<const void*>> addresses;
  std::vector<std::size_t> reserved;
  for (int step = 0; step < 5; ++step) {
    Tape tape(*h.backend, small, true);
    addresses.emplace_back();
    {
      Variable x = Tape::constant(images);
      for (const ParameterView& w : weights) {
        x = convolution(tape, kSame, x, w);
        addresses.back().push_back(x->value.data);
      }
      cosine_flat_loss(tape, x, target, {loss, 1.0f});
    }
    tape.backward();
    CHECK(small.live_bytes() == 0);
    small.reset();
    reserved.push_back(small.reserved_bytes());
  }
  for (std::size_t step = 2; step < 5; ++step) {
    CHECK(addresses[step] == addresses[1]);
    CHECK(reserved[step] == reserved[1]);
  }
}

TEST_CASE("an output that nobody pulls on leaves its inputs and weights alone") {
  Harness h;
  const ParameterView weights = h.parameter(random_array({4, 3, 3, 4}, 1));
  const Variable x = h.leaf(random_array({1, 4, 4, 4}, 2));
  static_cast<void>(convolution(h.tape, kSame, x, weights));
  static_cast<void>(add(h.tape, x, x));
  static_cast<void>(concatenate(h.tape, std::array{x, x}));
  h.tape.backward();
  CHECK_FALSE(x->has_gradient());
  CHECK(std::isnan(h.download(weights.gradient)[0]));  // still the poison it was made with
}

TEST_CASE("two identical steps give identical gradients: nothing is carried over") {
  Harness h;
  const std::vector<ParameterView> weights = chain_weights(h, 3);
  const Array images = random_array({2, 6, 6, 4}, 70);
  record_chain(h, weights, images);
  h.tape.backward();
  const Array first = h.download(weights[0].gradient);
  record_chain(h, weights, images);
  h.tape.backward();
  CHECK(h.download(weights[0].gradient).values == first.values);
  CHECK(reference::norm(first) > 0);
}
