// Convolutions: cuDNN where it has an engine for the problem, our direct kernels where it has none.
#include "cuda/implementation.h"
#include "cuda/ops/direct_convolution.h"
#include "cuda/ops/elementwise.h"
#include "ops/convolution_checks.h"

namespace mdd::cuda {
namespace {

constexpr std::size_t kAlignment = 256;

std::size_t aligned(std::size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

ConvolutionProblem problem_of(ConvolutionKind kind, const ConvolutionGeometry& geometry, const Tensor& wide,
                              const Tensor& strided) {
  require(wide.dtype == strided.dtype, "convolution operands of one storage type");
  return {.kind = kind, .geometry = geometry, .x = wide.shape, .y = strided.shape, .type = wide.dtype};
}

}  // namespace

Tensor CudaBackend::stored_filter(const Filter& w, DType type) {
  if (type == w.weights.dtype) return w.weights;
  if (!w.frozen) return filters_.find_mirrored(w.weights);
  bool fresh = false;
  const Tensor copy = filters_.frozen(w.weights, type, fresh);
  if (fresh) cast_elements(context_.stream(), context_.multiprocessors(), w.weights, copy);
  return copy;
}

void CudaBackend::convolve(ConvolutionProblem problem, const Tensor& input, const Filter& w, const Epilogue& epilogue,
                           const Tensor& output, WriteMode mode) {
  const cudaStream_t stream = context_.stream();
  const int multiprocessors = context_.multiprocessors();
  Tensor filter = stored_filter(w, problem.type);
  const std::size_t filter_bytes =
      filter.defined() ? 0 : aligned(static_cast<std::size_t>(w.weights.elements()) * size_of(problem.type));
  const bool aside = mode == WriteMode::kAccumulate;
  std::byte* memory = scratch<std::byte>(static_cast<std::int64_t>(filter_bytes + (aside ? output.bytes() : 0)));
  if (!filter.defined()) {
    filter = {memory, problem.type, w.weights.shape};
    cast_elements(stream, multiprocessors, w.weights, filter);
  }
  const Tensor result = aside ? Tensor{memory + filter_bytes, output.dtype, output.shape} : output;

  if (problem.kind == ConvolutionKind::kBackwardData) {
    if (!convolutions_.backward_data(problem, input.data, filter.data, result.data)) {
      direct_convolution_backward_data(stream, multiprocessors, problem.geometry, input, filter, result);
    }
    if (epilogue.bias.defined() || epilogue.residual.defined() || epilogue.relu) {
      bias_residual_relu(stream, multiprocessors, result, epilogue, result);
    }
  } else {
    convolve_forward(problem, input, filter, epilogue, result);
  }
  if (aside) accumulate_elements(stream, multiprocessors, result, output);
}

void CudaBackend::convolve_forward(ConvolutionProblem problem, const Tensor& x, const Tensor& filter,
                                   const Epilogue& epilogue, const Tensor& y) {
  problem.bias = epilogue.bias.defined();
  problem.residual = epilogue.residual.defined();
  problem.relu = epilogue.relu;
  const float* bias = problem.bias ? epilogue.bias.f32() : nullptr;
  if (convolutions_.forward(problem, x.data, filter.data, bias, epilogue.residual.data, y.data)) return;
  const bool has_epilogue = problem.has_epilogue();
  problem.bias = problem.residual = problem.relu = false;
  // The epilogue apart rounds once more to the storage type; no engine that fuses it is the exception.
  if (!has_epilogue || !convolutions_.forward(problem, x.data, filter.data, nullptr, nullptr, y.data)) {
    direct_convolution_forward(context_.stream(), context_.multiprocessors(), problem.geometry, x, filter, y);
  }
  if (has_epilogue) bias_residual_relu(context_.stream(), context_.multiprocessors(), y, epilogue, y);
}

void CudaBackend::convolve_weights(const ConvolutionProblem& problem, const Tensor& x, const Tensor& dy,
                                   const Tensor& dw) {
  if (convolutions_.backward_weights(problem, x.data, dy.data, dw.data, DType::kF32)) return;
  if (problem.type != DType::kF32) {
    const Tensor rounded{scratch<std::byte>(dw.elements() * static_cast<std::int64_t>(size_of(problem.type))),
                         problem.type, dw.shape};
    if (convolutions_.backward_weights(problem, x.data, dy.data, rounded.data, problem.type)) {
      return cast_elements(context_.stream(), context_.multiprocessors(), rounded, dw);
    }
  }
  direct_convolution_backward_weights(context_.stream(), context_.multiprocessors(), problem.geometry, x, dy, dw);
}

void CudaBackend::convolution_forward(const ConvolutionGeometry& geometry, const Tensor& x, const Filter& w,
                                      const Epilogue& epilogue, const Tensor& y) {
  const TraceRange range("convolution_forward");
  check_convolution(geometry, x.shape, y.shape, w.weights.shape);
  check_epilogue(epilogue, y.shape);
  convolve(problem_of(ConvolutionKind::kForward, geometry, x, y), x, w, epilogue, y, WriteMode::kOverwrite);
}

void CudaBackend::convolution_backward_data(const ConvolutionGeometry& geometry, const Tensor& dy, const Tensor& w,
                                            const Tensor& dx, WriteMode mode) {
  const TraceRange range("convolution_backward_data");
  check_convolution(geometry, dx.shape, dy.shape, w.shape);
  convolve(problem_of(ConvolutionKind::kBackwardData, geometry, dx, dy), dy, {w, false}, {}, dx, mode);
}

void CudaBackend::convolution_backward_weights(const ConvolutionGeometry& geometry, const Tensor& x, const Tensor& dy,
                                               const Tensor& dw) {
  const TraceRange range("convolution_backward_weights");
  check_convolution(geometry, x.shape, dy.shape, dw.shape);
  require(dw.dtype == DType::kF32, "weight gradients are f32");
  convolve_weights(problem_of(ConvolutionKind::kBackwardWeights, geometry, x, dy), x, dy, dw);
}

void CudaBackend::transposed_convolution_forward(const ConvolutionGeometry& geometry, const Tensor& x, const Filter& w,
                                                 const Epilogue& epilogue, const Tensor& y) {
  const TraceRange range("transposed_convolution_forward");
  check_convolution(geometry, y.shape, x.shape, w.weights.shape);
  check_epilogue(epilogue, y.shape);
  convolve(problem_of(ConvolutionKind::kBackwardData, geometry, y, x), x, w, epilogue, y, WriteMode::kOverwrite);
}

void CudaBackend::transposed_convolution_backward_data(const ConvolutionGeometry& geometry, const Tensor& dy,
                                                       const Tensor& w, const Tensor& dx, WriteMode mode) {
  const TraceRange range("transposed_convolution_backward_data");
  check_convolution(geometry, dy.shape, dx.shape, w.shape);
  convolve(problem_of(ConvolutionKind::kForward, geometry, dy, dx), dy, {w, false}, {}, dx, mode);
}

void CudaBackend::transposed_convolution_backward_weights(const ConvolutionGeometry& geometry, const Tensor& x,
                                                          const Tensor& dy, const Tensor& dw) {
  const TraceRange range("transposed_convolution_backward_weights");
  check_convolution(geometry, dy.shape, x.shape, dw.shape);
  require(dw.dtype == DType::kF32, "weight gradients are f32");
  convolve_weights(problem_of(ConvolutionKind::kBackwardWeights, geometry, dy, x), dy, x, dw);
}

}  // namespace mdd::cuda
