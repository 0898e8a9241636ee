// Arrays of a lab page: device memory, and the float64 values that the reference works on.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "bench/lab/support/page.h"
#include "core/rng.h"
#include "cuda/runtime/launch.h"
#include "reference/array.h"

namespace mdd::lab {

/// Uniform values that a float holds exactly.
[[nodiscard]] reference::Array random_values(const Shape& shape, float low, float high, std::uint32_t item);

/// An array of f32 on the device, for its lifetime; copies share it.
class DeviceArray {
 public:
  /// All bits set: NaN.
  explicit DeviceArray(std::int64_t count);
  explicit DeviceArray(const reference::Array& values);

  [[nodiscard]] float* data() const { return memory_.get(); }
  [[nodiscard]] std::int64_t count() const { return count_; }
  void poison() const;
  void upload(const reference::Array& values) const;
  [[nodiscard]] reference::Array download(const Shape& shape) const;

 private:
  std::shared_ptr<float> memory_;
  std::int64_t count_;
};

/// An array of doubles on the device, not set to anything in particular.
class DeviceDoubles {
 public:
  explicit DeviceDoubles(std::int64_t count) : floats_(2 * count) {}
  explicit DeviceDoubles(const std::vector<double>& values);
  [[nodiscard]] double* data() const { return reinterpret_cast<double*>(floats_.data()); }
  void upload(const std::vector<double>& values) const;

 private:
  DeviceArray floats_;
};

/// |got - expected| / |expected| in the 2-norm; infinite where a value is not finite.
[[nodiscard]] double relative_error(const DeviceArray& got, const reference::Array& expected);

[[nodiscard]] int multiprocessors();

/// A thread for each of `count` items.
[[nodiscard]] inline cuda::LaunchGeometry one_thread_each(std::int64_t count, int threads = 256) {
  return {dim3(static_cast<unsigned>((count + threads - 1) / threads)), dim3(static_cast<unsigned>(threads))};
}

}  // namespace mdd::lab
