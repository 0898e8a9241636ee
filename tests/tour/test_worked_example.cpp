// The worked example of cuda/extending.md, executed: the operation on both backends and in every storage type against
// float64 loops, the loss against finite differences, and an encoder that is not in the table.
#include <doctest/doctest.h>

#include "cpu/cpu_backend.h"
#include "model/bottleneck.h"
#include "model/decoder.h"
#include "reference/checker.h"
#include "reference/losses.h"
#include "tests/emu/emulated_backend.h"
#include "tests/tour/squared_distance.h"

using namespace mdd;
using reference::Array;
using reference::Checker;

namespace {

// [check]
void check_squared_distance(Checker& check, tour::SquaredDistance& operation, const Shape& shape) {
  check.run("squared_distance", "a, b " + shape.text(), [&] {
    const Array a = check.random_feature(shape), b = check.random_feature(shape);
    const Array dmap = check.random({shape[0], shape[1], shape[2]});
    const auto of_a = check.feature(a), of_b = check.feature(b);
    const auto map = check.poisoned(dmap.shape), da = check.poisoned_feature(shape);
    operation.forward(of_a, of_b, map);
    check.compare("map", map, tour::reference_squared_distance(a, b), reference::kSum);
    operation.backward(of_a, of_b, check.device(dmap), da, WriteMode::kOverwrite);
    const Array expected = reference::numeric_gradient(
        a, [&](const Array& at) { return reference::dot(dmap, tour::reference_squared_distance(at, b)); });
    check.compare("da", da, expected, check.tolerance(reference::kGradient));
    operation.backward(of_a, of_b, check.device(dmap), da, WriteMode::kAccumulate);
    Array twice = expected;
    for (double& value : twice.values) value *= 2.0;
    check.compare("da, accumulated", da, twice, 2.0 * check.tolerance(reference::kGradient));
  });
}
// [end]

void check_on(Backend& backend, tour::SquaredDistance& operation) {
  Checker check(backend, 17);
  // Ragged, aligned, a position wider than a warp, and a single one.
  for (const Shape& shape : {Shape{2, 3, 5, 7}, Shape{1, 4, 4, 64}, Shape{2, 1, 3, 272}, Shape{1, 1, 1, 1}}) {
    check_squared_distance(check, operation, shape);
  }
  const auto rows = check.take();
  CHECK(rows.size() == 4 * 3);
  for (const reference::CheckRow& row : rows) {
    CHECK_MESSAGE(row.passed(), row.shape, " ", row.quantity, ": error ", row.error, ", tolerance ", row.tolerance);
  }
}

/// terms, and the gradient that reaches the prediction, of the loss at weight 0.5.
std::pair<Array, Array> loss_on(Backend& backend, tour::SquaredDistance& operation, const Array& prediction,
                                const Array& target) {
  StepArena arena(backend);
  const reference::DeviceArray of_target(backend, target), terms(backend, Array(Shape{1}, 3.0));
  const reference::DeviceArray of_prediction(backend, prediction), gradient(backend, DType::kF32, prediction.shape);
  Tape tape(backend, arena, true);
  const Variable leaf = tape.features(prediction.shape);
  backend.copy(of_prediction, leaf->value);
  squared_distance_loss(tape, operation, leaf, Tape::constant(of_target), {terms, 0.5f, WriteMode::kAccumulate});
  tape.backward();
  backend.copy(leaf->gradient(), gradient);
  return {terms.download(), gradient.download()};
}

}  // namespace

TEST_CASE("the operation agrees with float64 loops on the CPU") {
  const auto backend = make_cpu_backend();
  check_on(*backend, *tour::make_cpu_squared_distance());
}

TEST_CASE("the kernels agree with float64 loops in every storage type") {
  for (const Precision precision : {Precision::kF32, Precision::kBf16, Precision::kF16}) {
    const auto backend = emu::make_emulated_backend({.precision = precision});
    check_on(*backend, *tour::make_cuda_squared_distance());
  }
}

TEST_CASE("the loss adds its value, and its gradient is that of finite differences, on both backends") {
  const auto cpu = make_cpu_backend(), cuda = emu::make_emulated_backend();
  Checker draw(*cpu, 5);
  const Array prediction = draw.random({2, 2, 3, 4}), target = draw.random({2, 2, 3, 4});
  const auto mean = [&](const Array& at) {
    return reference::sum(tour::reference_squared_distance(at, target)) / 12.0;
  };
  const Array expected = reference::numeric_gradient(prediction, [&](const Array& at) { return 0.5 * mean(at); });
  const auto check = [&](Backend& backend, tour::SquaredDistance& operation) {
    const auto [terms, gradient] = loss_on(backend, operation, prediction, target);
    CHECK(terms[0] == doctest::Approx(3.0 + mean(prediction)).epsilon(1e-5));
    CHECK(reference::relative_error(gradient, expected) < 1e-5);
  };
  check(*cpu, *tour::make_cpu_squared_distance());
  check(*cuda, *tour::make_cuda_squared_distance());
}

TEST_CASE("an encoder is a row of the table: the bottleneck and the decoders follow from it") {
  const auto backend = make_cpu_backend();
  // [encoder]
  const Architecture slim{.name = "resnet10_slim",
                          .block = BlockKind::kBasic,
                          .blocks = {1, 1, 1},
                          .bottleneck_blocks = 1,
                          .base = 16,
                          .width_per_group = 64,
                          .bottleneck_width = 64};
  ParameterStore frozen(*backend), trained(*backend);
  Encoder encoder(frozen, "encoder.", slim);
  OneClassBottleneck bottleneck(trained, "bottleneck.", slim);
  Decoder restoration(trained, "restoration.", slim);
  frozen.allocate(false);
  trained.allocate(true);
  // [end]
  frozen.initialise(1);
  trained.initialise(1);
  StepArena arena(*backend);
  Tape tape(*backend, arena, true);
  Checker draw(*backend, 3);
  const reference::DeviceArray images = draw.device(draw.random({2, 64, 64, 3}));
  encoder.calibrate(tape, Tape::constant(images));
  const Features features = encoder.forward(tape, Tape::constant(images));
  const Variable z = bottleneck.forward(tape, features);
  CHECK(z->value.shape == Shape{2, 2, 2, slim.embedding()});
  const Features restored = restoration.forward(tape, z);
  for (std::size_t i = 0; i < restored.size(); ++i) {
    const std::int64_t side = 16 >> i;
    CHECK(features[i]->value.shape == Shape{2, side, side, slim.channels(static_cast<std::int64_t>(i))});
    CHECK(restored[i]->value.shape == features[i]->value.shape);
  }
}
