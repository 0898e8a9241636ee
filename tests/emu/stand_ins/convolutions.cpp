// cuda/dnn/convolutions.h on the CPU backend: 16-bit operands are widened to f32 and the result is rounded once, as
// cuDNN's engines do.
#include "cuda/dnn/convolutions.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "cpu/cpu_backend.h"
#include "cuda/runtime/check.h"
#include "stand_ins/recording.h"
#include "stand_ins/supported_convolutions.h"

namespace {
bool convolutions_supported = true;
bool epilogues_supported = true;
bool float_weight_gradients_supported = true;
}  // namespace

void emu::set_cudnn_support(bool convolutions, bool epilogues, bool float_weight_gradients) {
  convolutions_supported = convolutions;
  epilogues_supported = epilogues;
  float_weight_gradients_supported = float_weight_gradients;
}

namespace mdd::cuda {
namespace {

/// An operand as f32: itself, or a widened copy.
class Input {
 public:
  Input(const void* address, DType type, const Shape& shape) : tensor_{const_cast<void*>(address), type, shape} {
    if (type == DType::kF32) return;
    const auto widen = type == DType::kF16 ? float_from_half : float_from_bfloat16;
    const auto* from = static_cast<const std::uint16_t*>(address);
    wide_.resize(static_cast<std::size_t>(shape.elements()));
    std::transform(from, from + wide_.size(), wide_.begin(), widen);
    tensor_ = {wide_.data(), DType::kF32, shape};
  }
  [[nodiscard]] const Tensor& tensor() const { return tensor_; }

 private:
  std::vector<float> wide_;
  Tensor tensor_;
};

/// A result as f32, rounded to its type by store().
class Output {
 public:
  Output(void* address, DType type, const Shape& shape) : to_{address, type, shape}, tensor_(to_) {
    if (type == DType::kF32) return;
    wide_.resize(static_cast<std::size_t>(shape.elements()));
    tensor_ = {wide_.data(), DType::kF32, shape};
  }
  [[nodiscard]] const Tensor& tensor() const { return tensor_; }
  void store() const {
    if (to_.dtype == DType::kF32) return;
    const auto narrow = to_.dtype == DType::kF16 ? half_from_float : bfloat16_from_float;
    std::transform(wide_.begin(), wide_.end(), static_cast<std::uint16_t*>(to_.data), narrow);
  }

 private:
  Tensor to_;
  std::vector<float> wide_;
  Tensor tensor_;
};

}  // namespace

struct Convolutions::Implementation {
  explicit Implementation(cudaStream_t on) : stream(on) {}

  /// Does the pretended library take this problem with these operands?
  bool admits(const ConvolutionProblem& problem, DType filter_type, std::initializer_list<const void*> operands) {
    check_problem(problem, filter_type);
    for (const void* operand : operands) {
      require(operand != nullptr, "a convolution's operands exist");
      if (reinterpret_cast<std::uintptr_t>(operand) % 16 != 0) return false;
    }
    const std::string name = text(problem, filter_type);
    seen.note(stream, name);
    const bool supported = convolutions_supported && (epilogues_supported || !problem.has_epilogue()) &&
                           (float_weight_gradients_supported || filter_type == problem.type);
    if (!supported) refused.insert(name + ": not supported by the stand-in");
    return supported;
  }

  cudaStream_t stream;
  std::shared_ptr<Backend> backend = make_cpu_backend();  ///< shared with recorded work
  emu::SeenForms seen;
  std::set<std::string> refused;
};

Convolutions::Convolutions(const ConvolutionsOptions&, cudaStream_t stream)
    : implementation_(std::make_unique<Implementation>(stream)) {}
Convolutions::~Convolutions() = default;

bool Convolutions::forward(const ConvolutionProblem& problem, const void* x, const void* w, const float* bias,
                           const void* residual, void* y) {
  require(problem.kind == ConvolutionKind::kForward, "the problem is a forward convolution");
  // An absent operand must not count as a missing one.
  const void* const bias_or_x = problem.bias ? bias : x;
  const void* const residual_or_x = problem.residual ? residual : x;
  if (!implementation_->admits(problem, problem.type, {x, w, bias_or_x, residual_or_x, y})) return false;
  MDDNET_CUDA(emu::enqueue(implementation_->stream, [backend = implementation_->backend, problem, x, w, bias, residual,
                                                     y] {
    const Input input(x, problem.type, problem.x), filter(w, problem.type, problem.filter());
    Epilogue epilogue;
    epilogue.relu = problem.relu;
    std::optional<Input> added;
    if (problem.bias) epilogue.bias = {const_cast<float*>(bias), DType::kF32, {problem.y[3]}};
    if (problem.residual) epilogue.residual = added.emplace(residual, problem.type, problem.y).tensor();
    const Output output(y, problem.type, problem.y);
    backend->convolution_forward(problem.geometry, input.tensor(), {filter.tensor(), false}, epilogue, output.tensor());
    output.store();
  }));
  return true;
}

bool Convolutions::backward_data(const ConvolutionProblem& problem, const void* dy, const void* w, void* dx) {
  require(problem.kind == ConvolutionKind::kBackwardData, "the problem is a backward convolution to the data");
  if (!implementation_->admits(problem, problem.type, {dy, w, dx})) return false;
  MDDNET_CUDA(emu::enqueue(implementation_->stream, [backend = implementation_->backend, problem, dy, w, dx] {
    const Input gradient(dy, problem.type, problem.y), filter(w, problem.type, problem.filter());
    const Output output(dx, problem.type, problem.x);
    backend->convolution_backward_data(problem.geometry, gradient.tensor(), filter.tensor(), output.tensor(),
                                       WriteMode::kOverwrite);
    output.store();
  }));
  return true;
}

bool Convolutions::backward_weights(const ConvolutionProblem& problem, const void* x, const void* dy, void* dw,
                                    DType dw_type) {
  require(problem.kind == ConvolutionKind::kBackwardWeights, "the problem is a backward convolution to the weights");
  if (!implementation_->admits(problem, dw_type, {x, dy, dw})) return false;
  MDDNET_CUDA(emu::enqueue(implementation_->stream, [backend = implementation_->backend, problem, x, dy, dw, dw_type] {
    const Input input(x, problem.type, problem.x), gradient(dy, problem.type, problem.y);
    const Output output(dw, dw_type, problem.filter());
    backend->convolution_backward_weights(problem.geometry, input.tensor(), gradient.tensor(), output.tensor());
    output.store();
  }));
  return true;
}

std::string Convolutions::version() { return "cuDNN (emulated)"; }

std::size_t Convolutions::workspace_bytes() const noexcept { return 0; }

std::vector<std::string> Convolutions::refusals() const {
  return {implementation_->refused.begin(), implementation_->refused.end()};
}

}  // namespace mdd::cuda
