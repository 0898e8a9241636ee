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

/// Operations per second of a convolution from 256 to 256 channels.
double convolution_rate(Backend& backend, const ConvolutionGeometry& geometry) {
  constexpr std::int64_t kImages = 8, kSide = 32, kChannels = 256;
  const Shape wide{kImages, kSide * geometry.stride, kSide * geometry.stride, kChannels};
  const Filled x(backend, wide, backend.inference_feature_type());
  const Filled y(backend, {kImages, kSide, kSide, kChannels}, backend.inference_feature_type());
  const Filled w(backend, {kChannels, geometry.kernel, geometry.kernel, kChannels}, DType::kF32);
  const double seconds = fastest(backend, [&] {
    backend.convolution_forward(geometry, x.tensor(), {w.tensor(), true}, {}, y.tensor());
  });
  backend.forget_packed_filters();
  return convolution_cost(geometry, y.tensor(), kChannels, 0).operations / seconds;
}

}  // namespace

MachineRates measure_rates(Backend& backend) {
  MachineRates rates;
  rates.operations_per_second = convolution_rate(backend, {1, 1, 0});
  rates.reducible_operations_per_second = convolution_rate(backend, {3, 1, 1});
  rates.strided_operations_per_second = convolution_rate(backend, {3, 2, 1});
  const Shape large{32, 1024, 1024};  // 128 MiB of f32
  const Filled a(backend, large, backend.inference_feature_type()), b(backend, large, backend.inference_feature_type());
  const double sum = fastest(backend, [&] { backend.add(a.tensor(), b.tensor(), a.tensor()); });
  rates.bytes_per_second = bytes_of({a.tensor(), b.tensor(), a.tensor()}) / sum;
  return rates;
}

}  // namespace mdd
