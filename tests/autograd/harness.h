// What the autograd tests share: a backend, an arena, a training tape, and the way between device and reference.
#pragma once
#include <cstring>
#include <deque>
#include <doctest/doctest.h>
#include <memory>

#include "autograd/functions.h"
#include "autograd/losses.h"
#include "core/rng.h"
#include "cpu/cpu_backend.h"
#include "reference/checker.h"

namespace mdd::test {

using reference::Array;

/// Uniform values in [low, high), exactly representable in f32; another `item` gives others.
inline Array random_array(const Shape& shape, std::uint32_t item, float low = -1.0f, float high = 1.0f) {
  RandomStream stream(11, 0, item, Purpose::kTest);
  Array out(shape);
  for (double& value : out.values) value = static_cast<double>(stream.uniform(low, high));
  return out;
}

class Harness {
 public:
  /// A trained tensor; its gradient starts out as NaN, so that a gradient that is not overwritten shows.
  ParameterView parameter(const Array& values) {
    arrays_.emplace_back(*backend, values);
    const Tensor value = arrays_.back();
    arrays_.emplace_back(*backend, DType::kF32, values.shape);
    return {value, arrays_.back()};
  }
  /// Memory outside the arena.
  Tensor device(const Array& values, DType dtype = DType::kF32) {
    arrays_.emplace_back(*backend, values, dtype);
    return arrays_.back();
  }
  /// A variable that nothing computed: its gradient stays readable for as long as the caller holds it.
  Variable leaf(const Array& values) {
    Variable out = tape.features(values.shape);
    backend->copy(device(values), out->value);
    return out;
  }
  [[nodiscard]] Array download(const Tensor& tensor) const {
    std::vector<float> values(static_cast<std::size_t>(tensor.elements()));
    backend->copy_to_host(std::as_writable_bytes(std::span(values)), tensor);
    Array out(tensor.shape);
    for (std::size_t i = 0; i < values.size(); ++i) out.values[i] = static_cast<double>(values[i]);
    return out;
  }

  std::unique_ptr<Backend> backend = make_cpu_backend();
  StepArena arena{*backend};

 private:
  std::deque<reference::DeviceArray> arrays_;

 public:
  Tape tape{*backend, arena, true};  ///< last, so that what it recorded goes first
};

/// Largest admissible relative error of a gradient through batch statistics or a softmax, in f32.
inline constexpr double kTolerance = 2e-4;

/// The gradient that the tape computed against central differences of the reference.
inline void check_gradient(const char* name, const Array& got, const Array& at,
                           const std::function<double(const Array&)>& loss) {
  const double error = reference::relative_error(got, reference::numeric_gradient(at, loss));
  CHECK_MESSAGE(error <= kTolerance, name, ": relative error ", error);
}

}  // namespace mdd::test
