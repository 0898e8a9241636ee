// A violated clause of the contract is refused: Error(kRuntime), and the output stays as it was.
#include <array>
#include <cmath>

#include "reference/checker.h"

namespace mdd::reference {
namespace {

/// A floating type that features are not stored as.
DType other_type(const Checker& check) { return check.feature_type() == DType::kF32 ? DType::kF16 : DType::kF32; }

void check_convolution_refusals(Checker& check) {
  Backend& backend = check.backend();
  const DeviceArray x = check.feature(check.random_feature(Shape{1, 4, 4, 3})),
                    w = check.device(check.random(Shape{5, 3, 3, 3}));
  const DeviceArray other_w = check.device(check.random(Shape{5, 3, 3, 4}));
  const DeviceArray y = check.poisoned_feature(Shape{1, 4, 4, 5}), small = check.poisoned_feature(Shape{1, 3, 4, 5});
  const DeviceArray bias = check.device(check.random(Shape{4})), bytes = check.poisoned(Shape{1, 4, 4, 3}, DType::kU8);
  const ConvolutionGeometry geometry;
  check.refuses("channels of x and w differ", y, [&] {
    backend.convolution_forward(geometry, x, {other_w, false}, {}, y);
  });
  check.refuses("y of another height", small, [&] { backend.convolution_forward(geometry, x, {w, false}, {}, small); });
  check.refuses("bias of another length", y, [&] {
    backend.convolution_forward(geometry, x, {w, false}, {bias, {}, false}, y);
  });
  check.refuses("x of bytes", y, [&] { backend.convolution_forward(geometry, bytes, {w, false}, {}, y); });
  check.refuses("x of another floating type", y, [&] {
    const DeviceArray other = check.poisoned(Shape{1, 4, 4, 3}, other_type(check));
    backend.convolution_forward(geometry, other, {w, false}, {}, y);
  });
  check.refuses("undefined x", y, [&] { backend.convolution_forward(geometry, {}, {w, false}, {}, y); });
}

void check_feature_refusals(Checker& check) {
  Backend& backend = check.backend();
  const DeviceArray a = check.feature(check.random_feature(Shape{2, 3, 4})),
                    b = check.feature(check.random_feature(Shape{2, 3, 5}));
  const DeviceArray y = check.poisoned_feature(Shape{2, 3, 4}), loss = check.poisoned(Shape{1});
  check.refuses("add of two shapes", y, [&] { backend.add(a, b, y); });
  check.refuses("add of two types", y, [&] {
    const DeviceArray other = check.poisoned(Shape{2, 3, 4}, other_type(check));
    backend.add(a, other, y);
  });
  check.refuses("copy to another shape", y, [&] { backend.copy(b, y); });
  check.refuses("copy to another type", y, [&] {
    const DeviceArray bytes = check.poisoned(Shape{2, 3, 4}, DType::kU8);
    backend.copy(bytes, y);
  });
  check.refuses("absolute difference of two shapes", loss,
                [&] { backend.absolute_difference_forward(a, b, 1.0f, loss, WriteMode::kOverwrite); });
  const DeviceArray features = check.feature(check.random_feature(Shape{1, 2, 2, 3})),
                    part = check.poisoned_feature(Shape{1, 2, 2, 2});
  check.refuses("slice past the last channel", part,
                [&] { backend.slice_channels(features, 2, part, WriteMode::kOverwrite); });
  const std::array<Tensor, 2> parts{features.tensor(), features.tensor()};
  const DeviceArray narrow = check.poisoned_feature(Shape{1, 2, 2, 5});
  check.refuses("parts wider than y", narrow, [&] { backend.concatenate_channels(parts, narrow); });
}

void check_pooling_refusals(Checker& check) {
  Backend& backend = check.backend();
  const DeviceArray x = check.feature(check.random_feature(Shape{1, 4, 6, 3})),
                    y = check.feature(check.random_feature(Shape{1, 2, 3, 3}));
  const DeviceArray small = check.poisoned_feature(Shape{1, 2, 2, 3}), dx = check.poisoned_feature(x.tensor().shape);
  const DeviceArray other = check.poisoned(Shape{1, 4, 6, 3}, other_type(check));
  const auto backward = [&](const Tensor& from, const Tensor& to, const Tensor& upstream, const Tensor& gradient) {
    backend.max_pool_backward({}, from, to, upstream, gradient, WriteMode::kOverwrite);
  };
  check.refuses("pooling to another width", small, [&] { backend.max_pool_forward({}, x, small); });
  check.refuses("windows without a stride", small, [&] { backend.max_pool_forward({3, 0, 1}, x, small); });
  check.refuses("pooling gradient for another x", dx, [&] { backward(y, y, y, dx); });
  check.refuses("pooling gradient from another y", dx, [&] { backward(x, small, small, dx); });
  check.refuses("pooling gradient from another dy", dx, [&] { backward(x, y, small, dx); });
  check.refuses("pooling gradient into another shape", small, [&] { backward(x, y, y, small); });
  check.refuses("pooling gradient into another type", other, [&] { backward(x, y, y, other); });
}

void check_cross_entropy_refusals(Checker& check) {
  Backend& backend = check.backend();
  const DeviceArray logits = check.feature(check.random_feature(Shape{1, 2, 2, 3})), loss = check.poisoned(Shape{1});
  const DeviceArray labels = check.device(Array(Shape{4}), DType::kI32),
                    few = check.device(Array(Shape{3}), DType::kI32);
  const DeviceArray floats = check.device(Array(Shape{4})), two = check.poisoned(Shape{2});
  const DeviceArray narrow = check.poisoned_feature(Shape{1, 2, 2, 2});
  const DeviceArray other = check.poisoned(Shape{1, 2, 2, 3}, other_type(check));
  const auto call = [&](const Tensor& label, const Tensor& to, const Tensor& gradient) {
    backend.softmax_cross_entropy(logits, label, 1.0f, to, gradient, WriteMode::kOverwrite);
  };
  check.refuses("fewer labels than positions", loss, [&] { call(few, loss, {}); });
  check.refuses("labels of another type", loss, [&] { call(floats, loss, {}); });
  check.refuses("two losses", two, [&] { call(labels, two, {}); });
  check.refuses("gradient of logits of another shape", narrow, [&] { call(labels, loss, narrow); });
  check.refuses("gradient of logits of another type", other, [&] { call(labels, loss, other); });
  // A backend that sees the labels too late to refuse them answers with NaN, and without a gradient.
  const DeviceArray past = check.device(Array(Shape{4}, 3.0), DType::kI32), value = check.device(Array(Shape{1}));
  const DeviceArray gradient = check.poisoned_feature(Shape{1, 2, 2, 3});
  bool refused = false;
  try {
    call(past, value, gradient);
  } catch (const Error& error) {
    refused = error.kind() == ErrorKind::kRuntime;
  }
  const Array got = value.download();
  check.expect("a label past the last class",
               refused ? got[0] == 0.0 : std::isnan(got[0]) && norm(gradient.download()) == 0.0);
}

void check_image_refusals(Checker& check) {
  Backend& backend = check.backend();
  const DeviceArray map = check.device(check.random(Shape{1, 8, 8})), y = check.poisoned(Shape{1, 8, 8});
  check.refuses("blur wider than the map", y, [&] { backend.gaussian_blur(4.0f, map, y); });
  check.refuses("negative sigma", y, [&] { backend.gaussian_blur(-1.0f, map, y); });
  const DeviceArray mask = check.poisoned(Shape{2, 32, 32}, DType::kU8);
  const std::array<PerlinKey, 1> one_key{};
  check.refuses("fewer keys than masks", mask, [&] { backend.perlin_masks({}, one_key, mask); });
  const DeviceArray cells = check.poisoned(Shape{2, 5, 5});
  check.refuses("side not a multiple of the cells", cells,
                [&] { backend.reduce_mask(mask, MaskReduction::kAverage, cells); });
  const DeviceArray scores = check.poisoned(Shape{2});
  check.refuses("more scores than maps", scores, [&] { backend.image_scores(ScoreRule::kMaximum, map, scores); });
  const DeviceArray grey = check.poisoned(Shape{1, 8, 8, 1}, DType::kU8),
                    wide = check.poisoned_feature(Shape{1, 8, 8, 3});
  check.refuses("a grey image", wide, [&] { backend.normalise_images({}, grey, wide); });
}

void check_metric_refusals(Checker& check) {
  Backend& backend = check.backend();
  const DeviceArray scores = check.device(check.random(Shape{6})), few = check.device(check.random(Shape{5}));
  const DeviceArray areas = check.device(Array(Shape{6}), DType::kI32);
  const DeviceArray bytes = check.device(Array(Shape{6}), DType::kU8);
  const DeviceArray metrics = check.poisoned(Shape{4}, DType::kF64), three = check.poisoned(Shape{3}, DType::kF64);
  check.refuses("fewer scores than areas", metrics, [&] { backend.pixel_metrics({}, few, areas, metrics); });
  check.refuses("areas of bytes", metrics, [&] { backend.pixel_metrics({}, scores, bytes, metrics); });
  check.refuses("three metrics", three, [&] { backend.pixel_metrics({}, scores, areas, three); });
  check.refuses("a negative number of components", metrics, [&] {
    backend.pixel_metrics({-1, 0.3}, scores, areas, metrics);
  });
  for (const double limit : {0.0, 1.5, std::nan("")}) {
    check.refuses("a limit outside (0, 1]", metrics, [&] {
      backend.pixel_metrics({1, limit}, scores, areas, metrics);
    });
  }
}

void check_training_refusals(Checker& check) {
  Backend& backend = check.backend();
  const DeviceArray x = check.feature(check.random_feature(Shape{1, 1, 1, 3})),
                    vector = check.device(check.random(Shape{3}));
  const DeviceArray mean = check.poisoned(Shape{3});
  check.refuses("batch norm of one position", mean, [&] {
    backend.batch_norm_statistics({}, x, {vector, vector, vector, vector, mean, vector, vector, vector});
  });
  const DeviceArray mass = check.device(check.random(Shape{2, 3}, 0.1f, 0.9f)), loss = check.poisoned(Shape{1});
  const DeviceArray labels = check.device(Array(Shape{3}), DType::kI32);
  check.refuses("more labels than images", loss, [&] { backend.class_loss_forward(mass, labels, loss); });
  const DeviceArray w = check.device(check.random(Shape{5})), m = check.device(Array(Shape{4}));
  const DeviceArray state = check.device(Array(Shape{kOptimizerStateSize}), DType::kF64);
  check.refuses("moments of another length", w, [&] { backend.adam_step({}, state, w, w, m, m); });
  const DeviceArray z = check.feature(check.random_feature(Shape{1, 2, 2, 5}));
  const DeviceArray prototypes = check.device(check.random(Shape{6, 5}));
  const DeviceArray read = check.poisoned_feature(Shape{1, 2, 2, 5}), image_mass = check.poisoned(Shape{1, 2});
  const DeviceArray attention = check.poisoned(Shape{4, 6}), queries = check.poisoned(Shape{4}),
                    memories = check.poisoned(Shape{6});
  MemoryParams params;
  params.classes = 2;
  params.slots = 4;  // 8 prototypes, of which 6 are there
  check.refuses("classes times slots is not the number of prototypes", read, [&] {
    backend.memory_read_forward(params, z, prototypes, {attention, attention, queries, memories}, read, image_mass);
  });
}

}  // namespace

void check_refusals(Checker& check) {
  check.run("refusals", "convolution", [&] { check_convolution_refusals(check); });
  check.run("refusals", "features", [&] { check_feature_refusals(check); });
  check.run("refusals", "pooling", [&] { check_pooling_refusals(check); });
  check.run("refusals", "softmax cross entropy", [&] { check_cross_entropy_refusals(check); });
  check.run("refusals", "images and maps", [&] { check_image_refusals(check); });
  check.run("refusals", "metrics", [&] { check_metric_refusals(check); });
  check.run("refusals", "training", [&] { check_training_refusals(check); });
}

}  // namespace mdd::reference
