// Cases of the cosine distances and of what the losses are made of.
#include <array>

#include "reference/checker.h"
#include "reference/features.h"
#include "reference/losses.h"

namespace mdd::reference {
namespace {

const Shape kShapes[] = {{1, 1, 1, 1}, {1, 2, 1, 5}, {3, 2, 3, 7}, {2, 5, 3, 16}, {1, 4, 3, 33}, {2, 3, 3, 64}};

[[nodiscard]] Array scalar(double value) { return Array(Shape{1}, value); }

/// `size` is the largest element of a: cosines do not care, down to norms of 1e-8.
void check_cosine_flat(Checker& check, const Shape& shape, float size) {
  Backend& backend = check.backend();
  const Array a = check.random_feature(shape, -size, size), b = check.random_feature(shape, -0.5f, 1.5f);
  const double expected = cosine_flat(a, b);
  const DeviceArray device_a = check.feature(a), device_b = check.feature(b);
  const DeviceArray moments = check.poisoned(Shape{shape[0], 3}), loss = check.poisoned(Shape{1});
  backend.cosine_flat_forward(device_a, device_b, moments, loss, WriteMode::kOverwrite);
  check.compare("loss", loss, scalar(expected), kSum, 1.0);
  check.compare("moments", moments, cosine_moments(a, b), kSum);
  backend.cosine_flat_forward(device_a, device_b, moments, loss, WriteMode::kAccumulate);
  check.compare("loss, accumulated", loss, scalar(2.0 * expected), kSum, 1.0);

  const float weight = 0.7f;
  const Array da = numeric_gradient(
      a, [&](const Array& x) { return static_cast<double>(weight) * cosine_flat(x, b); },
      1e-5 * static_cast<double>(size));
  // A cosine's gradient is a difference of two terms of this size; they cancel when a and b are nearly parallel.
  const double scale = static_cast<double>(weight) / norm(a);
  const DeviceArray device_da = check.poisoned_feature(shape);
  const double tolerance = check.tolerance(kGradient);
  backend.cosine_flat_backward(device_a, device_b, moments, weight, device_da, WriteMode::kOverwrite);
  check.compare("da", device_da, da, tolerance, scale);
  backend.cosine_flat_backward(device_a, device_b, moments, weight, device_da, WriteMode::kAccumulate);
  check.compare("da, accumulated", device_da, add(da, da), tolerance, scale);
}

/// One of three images is all zero, in a, then in b: cosine 0, no gradient.
void check_cosine_flat_zeros(Checker& check, bool zero_a) {
  Backend& backend = check.backend();
  const Shape shape{3, 2, 2, 5};
  Array a = check.random_feature(shape), b = check.random_feature(shape);
  for (Index i = 20; i < 40; ++i) (zero_a ? a : b)[i] = 0.0;
  const DeviceArray device_a = check.feature(a), device_b = check.feature(b);
  const DeviceArray moments = check.poisoned(Shape{3, 3}), loss = check.poisoned(Shape{1});
  const DeviceArray da = check.poisoned_feature(shape);
  backend.cosine_flat_forward(device_a, device_b, moments, loss, WriteMode::kOverwrite);
  check.compare("loss", loss, scalar(cosine_flat(a, b)), kSum, 1.0);
  backend.cosine_flat_backward(device_a, device_b, moments, 1.0f, da, WriteMode::kOverwrite);
  const auto f = [&](const Array& x) { return cosine_flat(x, b); };
  Array expected = numeric_gradient(a, f);
  for (Index i = 20; i < 40; ++i) expected[i] = 0.0;
  check.compare("da", da, expected, check.tolerance(kGradient));
  const Array before = check.random_feature(shape);
  const DeviceArray sum = check.feature(before);
  backend.cosine_flat_backward(device_a, device_b, moments, 1.0f, sum, WriteMode::kAccumulate);
  check.compare("da, accumulated", sum, add(before, expected), check.tolerance(kGradient));
}

void check_cosine_map(Checker& check, const Shape& shape, float size) {
  Backend& backend = check.backend();
  const Array a = check.random_feature(shape, -size, size), b = check.random_feature(shape, -0.5f, 1.5f);
  const Array expected = cosine_map(a, b);
  const DeviceArray device_a = check.feature(a), device_b = check.feature(b), map = check.poisoned(expected.shape);
  backend.cosine_map_forward(device_a, device_b, map);
  check.compare("map", map, expected, kSum, std::sqrt(static_cast<double>(expected.size())));
  if (!check.has_gradients()) return;

  const Array dmap = check.random(expected.shape);
  const Array da = numeric_gradient(
      a, [&](const Array& x) { return dot(dmap, cosine_map(x, b)); }, 1e-6 * static_cast<double>(size));
  const Array db = numeric_gradient(
      b, [&](const Array& x) { return dot(dmap, cosine_map(a, x)); }, 1e-6);
  // One channel has cosine +-1 and no gradient: two terms of this size cancel.
  const double scale = norm(dmap), a_scale = scale / static_cast<double>(size);
  const DeviceArray device_dmap = check.device(dmap);
  const auto call = [&](const Tensor& to_a, WriteMode a_mode, const Tensor& to_b, WriteMode b_mode) {
    backend.cosine_map_backward(device_a, device_b, device_dmap, to_a, a_mode, to_b, b_mode);
  };
  constexpr WriteMode kSet = WriteMode::kOverwrite, kAdd = WriteMode::kAccumulate;
  const DeviceArray device_da = check.poisoned_feature(shape), device_db = check.poisoned_feature(shape);
  const double tolerance = check.tolerance(kGradient);
  call(device_da, kSet, device_db, kSet);
  check.compare("da", device_da, da, tolerance, a_scale);
  check.compare("db", device_db, db, tolerance, scale);
  call(device_da, kAdd, Tensor{}, kSet);
  check.compare("da, accumulated, alone", device_da, add(da, da), tolerance, a_scale);
  call(Tensor{}, kSet, device_db, kAdd);
  check.compare("db, accumulated, alone", device_db, add(db, db), tolerance, scale);
  call(device_da, kSet, device_db, kAdd);
  check.compare("da, overwritten again", device_da, da, tolerance, a_scale);
  check.compare("db, accumulated twice", device_db, add(add(db, db), db), tolerance, scale);
}

/// Position 1 of a and position 2 of b are zero: cosine 0, no gradient.
void check_cosine_map_zeros(Checker& check) {
  Backend& backend = check.backend();
  const Shape shape{1, 2, 2, 7};
  Array a = check.random_feature(shape), b = check.random_feature(shape);
  for (Index c = 0; c < 7; ++c) a[7 + c] = b[14 + c] = 0.0;
  const Array dmap = check.random(Shape{1, 2, 2}, 0.5f, 1.0f);
  const DeviceArray device_a = check.feature(a), device_b = check.feature(b), device_dmap = check.device(dmap);
  const DeviceArray map = check.poisoned(dmap.shape);
  const DeviceArray da = check.poisoned_feature(shape), db = check.poisoned_feature(shape);
  backend.cosine_map_forward(device_a, device_b, map);
  check.compare("map", map, cosine_map(a, b), kSum);
  if (!check.has_gradients()) return;
  Array expected_a = numeric_gradient(a, [&](const Array& x) { return dot(dmap, cosine_map(x, b)); });
  Array expected_b = numeric_gradient(b, [&](const Array& x) { return dot(dmap, cosine_map(a, x)); });
  for (Index i = 7; i < 21; ++i) expected_a[i] = expected_b[i] = 0.0;
  backend.cosine_map_backward(device_a, device_b, device_dmap, da, WriteMode::kOverwrite, db, WriteMode::kOverwrite);
  check.compare("da", da, expected_a, check.tolerance(kGradient));
  check.compare("db", db, expected_b, check.tolerance(kGradient));
}

void check_sums(Checker& check, const Shape& shape) {
  Backend& backend = check.backend();
  const Array x = check.random(shape, -0.5f, 1.0f);
  Array target = check.random(shape);
  const float scale = 0.25f;
  for (Index i = 0; i < x.size(); ++i) {  // finite differences want to stay off the kink
    if (std::fabs(x[i] - target[i]) < 0.01) target[i] = static_cast<double>(static_cast<float>(x[i] + 0.25));
  }
  const double total = static_cast<double>(scale) * sum(x);
  const double distance = static_cast<double>(scale) * absolute_difference(x, target);
  const double size = static_cast<double>(scale) * absolute_difference(x, Array(shape));
  const DeviceArray device_x = check.device(x), device_target = check.device(target);
  const DeviceArray loss = check.poisoned(Shape{1}), dx = check.poisoned(shape);
  backend.sum_forward(device_x, scale, loss, WriteMode::kOverwrite);
  check.compare("sum", loss, scalar(total), kSum, size);
  backend.sum_forward(device_x, scale, loss, WriteMode::kAccumulate);
  check.compare("sum, accumulated", loss, scalar(2.0 * total), kSum, size);
  backend.absolute_difference_forward(device_x, device_target, scale, loss, WriteMode::kOverwrite);
  check.compare("absolute difference", loss, scalar(distance), kSum);
  backend.absolute_difference_forward(device_x, device_target, scale, loss, WriteMode::kAccumulate);
  check.compare("absolute difference, accumulated", loss, scalar(2.0 * distance), kSum);
  backend.absolute_difference_backward(device_x, device_target, scale, dx);
  if (x.size() < 1000) {
    const auto f = [&](const Array& moved) { return static_cast<double>(scale) * absolute_difference(moved, target); };
    check.compare("dx", dx, numeric_gradient(x, f), kElementwise);
  }
  backend.absolute_difference_backward(device_x, device_x, scale, dx);
  check.compare("dx at the kink", dx, Array(shape), kExact);
}

/// Labels of positions with logits [.., classes]: every `ignored`-th is below 0; 1 ignores all, 0 none.
Array labels_of(Checker& check, const Shape& logits, Index ignored) {
  const Index classes = logits.back();
  Array labels = check.random_integers(Shape{logits.elements() / classes}, static_cast<std::uint32_t>(classes));
  labels[labels.size() - 1] = static_cast<double>(classes - 1);
  for (Index p = 0; ignored > 0 && p < labels.size(); ++p) {
    if (p % ignored == 0) labels[p] = p % 2 == 0 ? -1.0 : -100.0;
  }
  return labels;
}

/// Logits lie in -size .. size.
void check_cross_entropy(Checker& check, const Shape& shape, Index ignored, float size) {
  Backend& backend = check.backend();
  const float weight = 0.7f;
  const Array x = check.random_feature(shape, -size, size), labels = labels_of(check, shape, ignored);
  const double expected = softmax_cross_entropy(x, labels);
  const Array dx = numeric_gradient(
      x, [&](const Array& moved) { return static_cast<double>(weight) * softmax_cross_entropy(moved, labels); });
  const DeviceArray device_x = check.feature(x), device_labels = check.device(labels, DType::kI32);
  const DeviceArray loss = check.poisoned(Shape{1}), device_dx = check.poisoned_feature(shape);
  const auto call = [&](const Tensor& to, WriteMode mode) {
    backend.softmax_cross_entropy(device_x, device_labels, weight, loss, to, mode);
  };
  call(device_dx, WriteMode::kOverwrite);
  check.compare("loss", loss, scalar(expected), kSum, 1.0);
  // With one class the softmax is 1 and its gradient rounding.
  check.compare("dlogits", device_dx, dx, check.tolerance(kGradient), static_cast<double>(weight) * 1e-3);
  for (Index p = 0; p < labels.size(); ++p) {
    const Index at = p * shape.back();
    if (labels[p] >= 0.0) continue;
    const Array got = device_dx.download();
    for (Index c = at; c < at + shape.back(); ++c) check.expect("no gradient at an ignored position", got[c] == 0.0);
    break;
  }
  call(Tensor{}, WriteMode::kAccumulate);
  check.compare("loss, accumulated, alone", loss, scalar(2.0 * expected), kSum, 1.0);
  call(device_dx, WriteMode::kAccumulate);
  check.compare("dlogits overwrites", device_dx, dx, check.tolerance(kGradient), static_cast<double>(weight) * 1e-3);
  check.compare("logits are left alone", device_x, x, kExact);
}

void check_weighted_sum(Checker& check) {
  const Array terms = check.random(Shape{5});
  const std::array<float, 5> weights{1.0f, 0.1f, 0.0f, -2.5f, 1e-3f};
  const DeviceArray device_terms = check.device(terms), total = check.poisoned(Shape{1});
  check.backend().weighted_sum(device_terms, weights, total);
  check.compare("total", total, scalar(weighted_sum(terms, weights)), kElementwise, norm(terms));
}

void check_mask_reduction(Checker& check, Index images, Index cells, Index cell) {
  Array mask = check.random_integers(Shape{images, cells * cell, cells * cell}, 2);
  // Half of the cells are nearly empty, so that "any pixel" and "no pixel" both happen.
  for (Index i = 0; i < mask.size(); ++i) {
    if ((i / cell) % 2 == 0 && i % 7 != 0) mask[i] = 0.0;
  }
  const DeviceArray device_mask = check.device(mask, DType::kU8);
  constexpr std::pair<MaskReduction, const char*> kReductions[] = {
      {MaskReduction::kAverage, "average"}, {MaskReduction::kNearest, "nearest"}, {MaskReduction::kMaximum, "maximum"}};
  for (const auto& [reduction, name] : kReductions) {
    const DeviceArray out = check.poisoned(Shape{images, cells, cells});
    check.backend().reduce_mask(device_mask, reduction, out);
    check.compare(name, out, reduce_mask(mask, reduction, cells), kElementwise);
  }
}

}  // namespace

void check_losses(Checker& check) {
  for (const Shape& shape : kShapes) {
    check.run("cosine over maps", "a " + shape.text(), [&] { check_cosine_flat(check, shape, 1.0f); });
    check.run("cosine map", "a " + shape.text(), [&] { check_cosine_map(check, shape, 1.0f); });
  }
  // The gradient grows as its vector shrinks: f16 ends at 65504.
  const float tiny = check.feature_type() == DType::kF16 ? 1e-3f : 1e-5f;
  check.run("cosine over maps", "a [3, 2, 3, 7], tiny", [&] { check_cosine_flat(check, Shape{3, 2, 3, 7}, tiny); });
  check.run("cosine map", "a [3, 2, 3, 7], tiny", [&] { check_cosine_map(check, Shape{3, 2, 3, 7}, tiny); });
  check.run("cosine over maps", "a zero image in a", [&] { check_cosine_flat_zeros(check, true); });
  check.run("cosine over maps", "a zero image in b", [&] { check_cosine_flat_zeros(check, false); });
  check.run("cosine map", "zero vectors", [&] { check_cosine_map_zeros(check); });
  for (const Shape& shape : {Shape{1, 1, 1}, Shape{2, 5, 7}, Shape{3, 61, 67}}) {
    check.run("sums", "x " + shape.text(), [&] { check_sums(check, shape); });
  }
  struct Dense {
    Shape logits;
    Index ignored;
    float size;
  };
  constexpr float kHuge = 6e4f;  // f16 ends at 65504
  const Dense dense[] = {{{1, 1, 1, 1}, 0, 1.0f},   {{2, 3, 5, 1}, 3, 4.0f},   {{1, 3, 5, 2}, 0, 4.0f},
                         {{2, 3, 5, 7}, 2, 4.0f},   {{2, 2, 3, 16}, 5, 4.0f},  {{3, 3, 3, 33}, 4, 4.0f},
                         {{1, 2, 3, 352}, 2, 4.0f}, {{1, 1, 5, 400}, 3, 4.0f}, {{2, 3, 5, 7}, 1, 4.0f},
                         {{1, 3, 3, 24}, 4, kHuge}, {{70, 19}, 3, 1.0f}};
  for (const Dense& c : dense) {
    const std::string text = "logits " + c.logits.text() + (c.size == kHuge ? ", huge" : "") +
                             (c.ignored == 0   ? ""
                              : c.ignored == 1 ? ", all ignored"
                                               : ", some ignored");
    check.run("softmax cross entropy", text, [&] { check_cross_entropy(check, c.logits, c.ignored, c.size); });
  }
  check.run("weighted sum", "5 terms", [&] { check_weighted_sum(check); });
  for (const auto& [cells, cell] : {std::pair<Index, Index>{1, 1}, {3, 4}, {7, 8}, {5, 3}}) {
    check.run("mask reduction", std::to_string(cells) + " cells of " + std::to_string(cell) + " pixels a side",
              [&, n = cells, side = cell] { check_mask_reduction(check, 2, n, side); });
  }
}

}  // namespace mdd::reference
