// Cases of pooling, concatenation, slices and sums of features.
#include "reference/checker.h"
#include "reference/features.h"

namespace mdd::reference {
namespace {

void check_max_pool(Checker& check, const PoolParams& params, const Shape& shape) {
  const Array x = check.random_feature(shape, -2.0f, -1.0f);  // negative: a zero from the padding would win
  const Array expected = max_pool(params, x);
  const DeviceArray device_x = check.feature(x), y = check.poisoned_feature(expected.shape);
  check.backend().max_pool_forward(params, device_x, y);
  check.compare("y", y, expected, kExact);
}

/// `levels` = 0: random values; else so many different ones, and therefore ties in most windows.
void check_max_pool_gradient(Checker& check, const PoolParams& params, const Shape& shape, std::uint32_t levels) {
  Backend& backend = check.backend();
  const Array x = levels == 0 ? check.random_feature(shape) : check.random_integers(shape, levels);
  const Array y = max_pool(params, x), dy = check.random_feature(y.shape);
  const Array expected = max_pool_gradient(params, x, dy);
  const DeviceArray device_x = check.feature(x), device_y = check.feature(y), device_dy = check.feature(dy);
  const DeviceArray dx = check.poisoned_feature(shape);
  const double tolerance = check.tolerance(kElementwise);
  backend.max_pool_backward(params, device_x, device_y, device_dy, dx, WriteMode::kOverwrite);
  check.compare("dx", dx, expected, tolerance, norm(dy));
  const Array before = check.random_feature(shape);
  const DeviceArray sum = check.feature(before);
  backend.max_pool_backward(params, device_x, device_y, device_dy, sum, WriteMode::kAccumulate);
  check.compare("dx, accumulated", sum, add(before, expected), tolerance, norm(dy));
  check.compare("x is left alone", device_x, x, kExact);
  // Every window gives its gradient to one position, ties or not.
  const Array ones(y.shape, 1.0);
  const DeviceArray device_ones = check.feature(ones);
  backend.max_pool_backward(params, device_x, device_y, device_ones, dx, WriteMode::kOverwrite);
  check.compare("dx of dy = 1", dx, max_pool_gradient(params, x, ones), kExact);
}

void check_concatenation(Checker& check, const Shape& positions, const std::vector<Index>& widths) {
  std::vector<Array> parts;
  std::vector<DeviceArray> devices;
  std::vector<Tensor> tensors;
  for (const Index width : widths) {
    parts.push_back(check.random_feature(Shape{positions[0], positions[1], positions[2], width}));
    devices.push_back(check.feature(parts.back()));
    tensors.push_back(devices.back());
  }
  const Array expected = concatenate_channels(parts);
  const DeviceArray y = check.poisoned_feature(expected.shape);
  check.backend().concatenate_channels(tensors, y);
  check.compare("y", y, expected, kExact);
  if (!check.has_gradients()) return;

  // The gradient of part i is the slice of dy that the part went to.
  const Array dy = check.random_feature(expected.shape);
  const DeviceArray device_dy = check.feature(dy);
  Index first = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string name = "part " + std::to_string(i);
    const auto f = [&](const Array& part) {
      std::vector<Array> moved = parts;
      moved[i] = part;
      return dot(dy, concatenate_channels(moved));
    };
    const DeviceArray slice = check.poisoned_feature(parts[i].shape);
    check.backend().slice_channels(device_dy, first, slice, WriteMode::kOverwrite);
    check.compare("slice, " + name, slice, slice_channels(dy, first, widths[i]), kExact);
    check.compare("slice, finite differences, " + name, slice, numeric_gradient(parts[i], f, 1e-3), kElementwise);
    const Array before = check.random_feature(parts[i].shape);
    const DeviceArray sum = check.feature(before);
    check.backend().slice_channels(device_dy, first, sum, WriteMode::kAccumulate);
    check.compare("slice, accumulated, " + name, sum, add(before, slice_channels(dy, first, widths[i])),
                  check.tolerance(kElementwise));
    first += widths[i];
  }
}

void check_add(Checker& check, const Shape& shape) {
  const Array a = check.random_feature(shape), b = check.random_feature(shape);
  const Array expected = add(a, b);
  const DeviceArray device_a = check.feature(a), device_b = check.feature(b), y = check.poisoned_feature(shape);
  const double tolerance = check.tolerance(kElementwise);
  check.backend().add(device_a, device_b, y);
  check.compare("y", y, expected, tolerance);
  check.compare("a is left alone", device_a, a, kExact);
  check.backend().add(y, device_b, y);
  check.compare("y in the place of a", y, add(expected, b), tolerance);
  check.backend().add(device_a, device_b, device_b);
  check.compare("y in the place of b", device_b, expected, tolerance);
  check.backend().add(device_a, device_a, device_a);
  check.compare("a + a in the place of a", device_a, add(a, a), tolerance);
}

}  // namespace

void check_features(Checker& check) {
  const PoolParams stem, halves{2, 2, 0}, dense{3, 1, 1}, gaps{2, 3, 0};  // gaps: positions under no window
  const std::pair<PoolParams, Shape> pools[] = {{stem, {1, 1, 1, 1}},  {stem, {2, 7, 5, 3}},    {stem, {1, 6, 9, 17}},
                                                {stem, {3, 8, 8, 64}}, {halves, {2, 5, 6, 16}}, {dense, {1, 4, 7, 33}},
                                                {gaps, {1, 8, 9, 72}}};
  for (const auto& pool : pools) {
    const PoolParams& params = pool.first;
    const Shape& shape = pool.second;
    const std::string text = "x " + shape.text() + ", window " + std::to_string(params.kernel) + ", stride " +
                             std::to_string(params.stride) + ", padding " + std::to_string(params.padding);
    check.run("max pool", text, [&] { check_max_pool(check, params, shape); });
    check.run("max pool gradient", text, [&] { check_max_pool_gradient(check, params, shape, 0); });
    check.run("max pool gradient", text + ", ties", [&] { check_max_pool_gradient(check, params, shape, 3); });
    check.run("max pool gradient", text + ", all equal", [&] { check_max_pool_gradient(check, params, shape, 1); });
  }
  check.run("concatenate channels", "3 positions, 1 + 1", [&] { check_concatenation(check, Shape{1, 1, 3}, {1, 1}); });
  check.run("concatenate channels", "2 x 3 x 5 positions, 7 + 16 + 3", [&] {
    check_concatenation(check, Shape{2, 3, 5}, {7, 16, 3});
  });
  check.run("concatenate channels", "one part", [&] { check_concatenation(check, Shape{2, 1, 3}, {5}); });
  for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{2, 3, 5, 7}, Shape{3, 9, 7, 33}}) {
    check.run("add", "a " + shape.text(), [&] { check_add(check, shape); });
  }
}

}  // namespace mdd::reference
