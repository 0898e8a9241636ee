// The convolutions themselves, where there is a device: small whole numbers, whose sums every storage type holds
// exactly, against the float64 reference. Without a device the library's absence must be a clear error.
#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>

#include "cuda/dnn/convolutions.h"
#include "cuda/runtime/handle.h"
#include "reference/convolution.h"
#include "support/temporary_folder.h"

using namespace mdd;
using namespace mdd::cuda;

namespace {

bool has_device() {
  int count = 0;
  if (cudaGetDeviceCount(&count) == cudaSuccess && count > 0) return true;
  static_cast<void>(cudaGetLastError());
  return false;
}

Stream new_stream() {
  Stream stream;
  MDDNET_CUDA(cudaStreamCreateWithFlags(stream.out(), cudaStreamNonBlocking));
  return stream;
}

/// Whole numbers -1, 0, 1 in host memory as f32.
HostTensor digits(const Shape& shape, std::uint32_t seed) {
  HostTensor out(DType::kF32, shape);
  for (float& value : out.span<float>()) {
    seed = 1664525u * seed + 1013904223u;
    value = static_cast<float>(static_cast<int>(seed >> 16) % 3 - 1);
  }
  return out;
}

/// A tensor on the device in some storage type.
class OnDevice {
 public:
  OnDevice(DType type, const HostTensor& values) : host_(type, values.shape) {
    const auto from = values.span<float>();
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (type == DType::kF32) host_.span<float>()[i] = from[i];
      if (type == DType::kF16) host_.span<std::uint16_t>()[i] = half_from_float(from[i]);
      if (type == DType::kBF16) host_.span<std::uint16_t>()[i] = bfloat16_from_float(from[i]);
    }
    MDDNET_CUDA(cudaMalloc(memory_.out(), host_.bytes.size()));
    MDDNET_CUDA(cudaMemcpy(memory_.get(), host_.bytes.data(), host_.bytes.size(), cudaMemcpyHostToDevice));
  }
  [[nodiscard]] void* get() const { return memory_.get(); }
  [[nodiscard]] std::vector<float> values(cudaStream_t stream) {
    MDDNET_CUDA(cudaStreamSynchronize(stream));
    MDDNET_CUDA(cudaMemcpy(host_.bytes.data(), memory_.get(), host_.bytes.size(), cudaMemcpyDeviceToHost));
    return to_f32(host_);
  }

 private:
  HostTensor host_;
  DeviceMemory memory_;
};

reference::Array doubles(const HostTensor& tensor) {
  const std::vector<float> values = to_f32(tensor);
  return {tensor.shape, std::vector<double>(values.begin(), values.end())};
}

/// Sums are whole numbers; an algorithm that multiplies less may miss them by a rounding.
void check_whole_numbers(const std::vector<float>& found, const reference::Array& expected) {
  REQUIRE(found.size() == expected.values.size());
  double worst = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(found[i]) - expected.values[i]));
  }
  CHECK(worst < 1e-3);
}

const ConvolutionProblem kForward{.geometry = {3, 1, 1}, .x = {2, 10, 10, 16}, .y = {2, 10, 10, 32}};

ConvolutionProblem of(ConvolutionKind kind, DType type) {
  ConvolutionProblem out = kForward;
  out.kind = kind;
  out.type = type;
  return out;
}

/// One problem of each kind, every result compared.
void check_all_kinds(Convolutions& convolutions, cudaStream_t stream, DType type) {
  CAPTURE(name_of(type));
  const HostTensor x = digits(kForward.x, 1), w = digits(kForward.filter(), 2), dy = digits(kForward.y, 3);
  const OnDevice device_x(type, x), device_w(type, w), device_dy(type, dy);
  OnDevice y(type, dy), dx(type, x), dw(type, w);
  REQUIRE(convolutions.forward(of(ConvolutionKind::kForward, type), device_x.get(), device_w.get(), nullptr, nullptr,
                               y.get()));
  check_whole_numbers(y.values(stream), reference::image_to_grid(kForward.geometry, doubles(x), doubles(w)));
  REQUIRE(
      convolutions.backward_data(of(ConvolutionKind::kBackwardData, type), device_dy.get(), device_w.get(), dx.get()));
  check_whole_numbers(dx.values(stream), reference::grid_to_image(kForward.geometry, doubles(dy), doubles(w),
                                                                  kForward.x[1], kForward.x[2]));
  REQUIRE(convolutions.backward_weights(of(ConvolutionKind::kBackwardWeights, type), device_x.get(), device_dy.get(),
                                        dw.get(), type));
  check_whole_numbers(dw.values(stream), reference::weight_gradient(kForward.geometry, doubles(x), doubles(dy)));
}

}  // namespace

TEST_CASE("Convolutions without a device are an error of the device") {
  if (has_device()) return;
  try {
    const Convolutions convolutions({}, nullptr);
    FAIL("no device, but no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kDevice);
    CHECK(std::string(error.what()).starts_with("cuDNN: cudnnCreate"));
  }
}

TEST_CASE("Every kind of convolution gives the reference's numbers") {
  if (!has_device()) return;
  const Stream stream = new_stream();
  for (const bool autotune : {false, true}) {
    Convolutions convolutions({.allow_tf32 = false, .autotune = autotune}, stream.get());
    for (const DType type : {DType::kF32, DType::kF16, DType::kBF16}) check_all_kinds(convolutions, stream.get(), type);
    CHECK(convolutions.refusals().empty());
  }
}

TEST_CASE("A fused epilogue adds bias and residual and cuts off below zero") {
  if (!has_device()) return;
  const Stream stream = new_stream();
  Convolutions convolutions({.allow_tf32 = true}, stream.get());
  for (const DType type : {DType::kF32, DType::kF16, DType::kBF16}) {
    CAPTURE(name_of(type));
    ConvolutionProblem problem = of(ConvolutionKind::kForward, type);
    problem.bias = problem.residual = problem.relu = true;
    const HostTensor x = digits(problem.x, 1), w = digits(problem.filter(), 2), bias = digits({problem.y[3]}, 3);
    const HostTensor residual = digits(problem.y, 4);
    const reference::Array bias_values = doubles(bias), residual_values = doubles(residual);
    const reference::Array expected = reference::epilogue(
        reference::image_to_grid(problem.geometry, doubles(x), doubles(w)), &bias_values, &residual_values, true);
    const OnDevice device_x(type, x), device_w(type, w), device_bias(DType::kF32, bias), added(type, residual);
    OnDevice y(type, residual);
    if (convolutions.forward(problem, device_x.get(), device_w.get(), static_cast<const float*>(device_bias.get()),
                             added.get(), y.get())) {
      check_whole_numbers(y.values(stream.get()), expected);
    } else {
      REQUIRE(convolutions.refusals().size() >= 1);
      WARN_MESSAGE(false, convolutions.refusals().back());
    }
  }
}

TEST_CASE("A convolution is recorded only after it ran, and then replays") {
  if (!has_device()) return;
  const Stream stream = new_stream();
  Convolutions convolutions({}, stream.get());
  const HostTensor x = digits(kForward.x, 1), w = digits(kForward.filter(), 2);
  const OnDevice device_x(DType::kF32, x), device_w(DType::kF32, w);
  OnDevice y(DType::kF32, digits(kForward.y, 3));
  const auto run = [&] {
    return convolutions.forward(kForward, device_x.get(), device_w.get(), nullptr, nullptr, y.get());
  };
  Graph graph;
  MDDNET_CUDA(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeThreadLocal));
  CHECK_THROWS_WITH_AS(run(), doctest::Contains("before it ran once: forward 3x3"), Error);
  MDDNET_CUDA(cudaStreamEndCapture(stream.get(), graph.out()));

  REQUIRE(run());
  const std::vector<float> expected = y.values(stream.get());
  MDDNET_CUDA(cudaMemset(y.get(), 0, expected.size() * sizeof(float)));
  MDDNET_CUDA(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeThreadLocal));
  CHECK(run());
  MDDNET_CUDA(cudaStreamEndCapture(stream.get(), graph.out()));
  CHECK(y.values(stream.get()) != expected);
  GraphExecutable executable;
  MDDNET_CUDA(cudaGraphInstantiate(executable.out(), graph.get(), 0));
  MDDNET_CUDA(cudaGraphLaunch(executable.get(), stream.get()));
  CHECK(y.values(stream.get()) == expected);
}

TEST_CASE("Operands off the 16-byte grid are left to the caller") {
  if (!has_device()) return;
  const Stream stream = new_stream();
  Convolutions convolutions({}, stream.get());
  const OnDevice x(DType::kF32, digits(kForward.x, 1)), w(DType::kF32, digits(kForward.filter(), 2));
  const OnDevice y(DType::kF32, digits({2, 10, 10, 33}, 3));
  CHECK_FALSE(convolutions.forward(kForward, x.get(), w.get(), nullptr, nullptr, static_cast<float*>(y.get()) + 1));
}
