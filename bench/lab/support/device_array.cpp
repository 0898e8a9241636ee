#include "bench/lab/support/device_array.h"

#include <cmath>
#include <limits>

namespace mdd::lab {

reference::Array random_values(const Shape& shape, float low, float high, std::uint32_t item) {
  RandomStream stream(1, 0, item, Purpose::kTest);
  reference::Array out(shape);
  for (double& value : out.values) value = static_cast<double>(stream.uniform(low, high));
  return out;
}

DeviceArray::DeviceArray(std::int64_t count) : count_(count) {
  float* address = nullptr;
  MDDNET_CUDA(cudaMalloc(&address, static_cast<std::size_t>(count) * sizeof(float)));
  memory_ = std::shared_ptr<float>(address, [](float* p) { static_cast<void>(cudaFree(p)); });
  poison();
}

DeviceArray::DeviceArray(const reference::Array& values) : DeviceArray(values.size()) { upload(values); }

void DeviceArray::poison() const {
  MDDNET_CUDA(cudaMemset(data(), 0xff, static_cast<std::size_t>(count_) * sizeof(float)));
}

void DeviceArray::upload(const reference::Array& values) const {
  require(values.size() == count_, "as many values as the array has");
  const std::vector<float> host(values.values.begin(), values.values.end());
  MDDNET_CUDA(cudaMemcpy(data(), host.data(), host.size() * sizeof(float), cudaMemcpyHostToDevice));
}

reference::Array DeviceArray::download(const Shape& shape) const {
  require(shape.elements() == count_, "as many values as the array has");
  std::vector<float> host(static_cast<std::size_t>(count_));
  MDDNET_CUDA(cudaMemcpy(host.data(), data(), host.size() * sizeof(float), cudaMemcpyDeviceToHost));
  return {shape, std::vector<double>(host.begin(), host.end())};
}

DeviceDoubles::DeviceDoubles(const std::vector<double>& values)
    : DeviceDoubles(static_cast<std::int64_t>(values.size())) {
  upload(values);
}

void DeviceDoubles::upload(const std::vector<double>& values) const {
  require(2 * static_cast<std::int64_t>(values.size()) == floats_.count(), "as many values as the array has");
  MDDNET_CUDA(cudaMemcpy(data(), values.data(), values.size() * sizeof(double), cudaMemcpyHostToDevice));
}

double relative_error(const DeviceArray& got, const reference::Array& expected) {
  const reference::Array values = got.download(expected.shape);
  double difference = 0.0;
  for (reference::Index i = 0; i < values.size(); ++i) {
    difference += (values[i] - expected[i]) * (values[i] - expected[i]);
  }
  const double error = std::sqrt(difference) / reference::norm(expected);
  return std::isfinite(error) ? error : std::numeric_limits<double>::infinity();
}

int multiprocessors() {
  int count = 0;
  MDDNET_CUDA(cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, 0));
  return count;
}

}  // namespace mdd::lab
