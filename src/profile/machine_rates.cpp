#include "profile/machine_rates.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "profile/cost.h"

namespace mdd {
namespace {

constexpr double kSecondsEach = 0.5;
constexpr int kLeastRuns = 5;

/// Seconds of the fastest run.
double fastest(Backend& backend, const std::function<void()>& work) {
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  work();  // builds what is built once
  backend.synchronize();
  double best = 1e30;
  const Clock::time_point begin = Clock::now();
  for (int run = 0; run < kLeastRuns || seconds_since(begin) < kSecondsEach; ++run) {
    const Clock::time_point start = Clock::now();
    work();
    backend.synchronize();
    best = std::min(best, seconds_since(start));
  }
  return best;
}

/// Zero-filled memory for a tensor.
class Filled {
 public:
  Filled(Backend& backend, const Shape& shape, DType dtype)
      : tensor_{nullptr, dtype, shape}, buffer_(backend, tensor_.bytes()) {
    tensor_.data = buffer_.data();
    backend.fill(tensor_, 0.0f);
  }
  [[nodiscard]] const Tensor& tensor() const { return tensor_; }

 private:
  Tensor tensor_;
  Buffer buffer_;
};

}  // namespace

MachineRates measure_rates(Backend& backend) {
  constexpr std::int64_t kImages = 8, kSide = 32, kChannels = 256;
  const ConvolutionGeometry geometry;
  const Shape features{kImages, kSide, kSide, kChannels};
  const Filled x(backend, features, backend.feature_type()), y(backend, features, backend.feature_type());
  const Filled w(backend, {kChannels, 3, 3, kChannels}, DType::kF32);
  const double convolution = fastest(backend, [&] {
    backend.convolution_forward(geometry, x.tensor(), {w.tensor(), true}, {}, y.tensor());
  });
  backend.forget_packed_filters();
  const Shape large{64, 1024, 1024};  // 256 MiB of f32
  const Filled a(backend, large, backend.feature_type()), b(backend, large, backend.feature_type());
  const double sum = fastest(backend, [&] { backend.add(a.tensor(), b.tensor(), a.tensor()); });
  return {convolution_operations(geometry, y.tensor(), kChannels) / convolution,
          bytes_of({a.tensor(), b.tensor(), a.tensor()}) / sum};
}

}  // namespace mdd
