#include "cuda/dnn/convolutions.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>

#include "cuda/dnn/plan.h"
#include "cuda/dnn/plan_cache.h"
#include "cuda/runtime/handle.h"

namespace mdd::cuda {
namespace {

constexpr std::size_t kMostTimed = 10;  ///< plans per problem that are timed
constexpr int kRounds = 3;              ///< the fastest counts: what disturbs a measurement only makes it longer
constexpr int kRunsPerRound = 5;

using LibraryHandle = Handle<cudnnHandle_t, cudnnDestroy>;
using Key = std::array<std::int64_t, 16>;

Key key_of(const ConvolutionProblem& p, DType filter_type) {
  return {static_cast<std::int64_t>(p.kind),
          p.geometry.kernel,
          p.geometry.stride,
          p.geometry.padding,
          p.x[0],
          p.x[1],
          p.x[2],
          p.x[3],
          p.y[1],
          p.y[2],
          p.y[3],
          static_cast<std::int64_t>(p.type),
          static_cast<std::int64_t>(filter_type),
          p.bias,
          p.residual,
          p.relu};
}

LibraryHandle open(cudaStream_t stream) {
  LibraryHandle handle;
  cudnnStatus_t status = cudnnCreate(handle.out());
  if (status == CUDNN_STATUS_SUCCESS) status = cudnnSetStream(handle.get(), stream);
  if (status != CUDNN_STATUS_SUCCESS) {
    fail(ErrorKind::kDevice, "cuDNN: " + describe_cudnn(status, "cudnnCreate", std::source_location::current()));
  }
  return handle;
}

/// "cudnn 91900 sm 90 deterministic tuned ": all that decides about an engine beside the problem.
std::string conditions(const ConvolutionsOptions& options) {
  int device = 0, major = 0, minor = 0;
  MDDNET_CUDA(cudaGetDevice(&device));
  MDDNET_CUDA(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device));
  MDDNET_CUDA(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device));
  std::string out = "cudnn " + std::to_string(cudnnGetVersion()) + " sm " + std::to_string(10 * major + minor) + " ";
  if (options.allow_tf32) out += "tf32 ";
  if (options.deterministic) out += "deterministic ";
  if (options.autotune) out += "tuned ";
  return out;
}

}  // namespace

struct Convolutions::Implementation {
  Implementation(const ConvolutionsOptions& wanted, cudaStream_t on)
      : options(wanted),
        stream(on),
        handle(open(on)),
        finder(handle.get(), {wanted.allow_tf32, wanted.deterministic, wanted.workspace_limit}),
        cache(wanted.cache),
        conditions_text(conditions(wanted)) {}

  /// A problem's plan, or why it has none.
  struct Entry {
    OperationGraph graph;
    std::optional<Plan> plan;
    std::string refusal;
  };

  bool run(const ConvolutionProblem& problem, DType filter_type, std::span<const Binding> operands);
  bool first_run(const ConvolutionProblem& problem, DType filter_type, std::span<const Binding> operands);
  std::optional<Plan> find_plan(const OperationGraph& graph, DType type, const std::string& name,
                                std::span<const Binding> operands);
  std::optional<Plan> remembered(const OperationGraph& graph, DType type, const std::string& name,
                                 std::span<const Binding> operands);
  std::optional<Plan> fastest(const OperationGraph& graph, DType type, std::span<const Binding> operands);
  bool runs(const Plan& plan, std::span<const Binding> operands);
  float milliseconds(const Plan& plan, std::span<const Binding> operands);
  bool reserve(std::size_t bytes);
  [[nodiscard]] void* workspace() const { return workspaces.empty() ? nullptr : workspaces.back().get(); }

  ConvolutionsOptions options;
  cudaStream_t stream;
  LibraryHandle handle;
  PlanFinder finder;
  PlanCache cache;
  std::string conditions_text;
  std::map<Key, Entry> entries;
  /// The last one is in use. Outgrown ones are kept, because recorded graphs still write to them.
  std::vector<DeviceMemory> workspaces;
  std::size_t workspace_bytes = 0;
};

bool Convolutions::Implementation::reserve(std::size_t bytes) {
  if (bytes <= workspace_bytes) return true;
  DeviceMemory memory;
  const cudaError_t error = cudaMalloc(memory.out(), bytes);
  if (error == cudaErrorMemoryAllocation) {
    static_cast<void>(cudaGetLastError());
    return false;
  }
  MDDNET_CUDA(error);
  // Engines should not read what they have not written; zeros make one that does repeat itself.
  MDDNET_CUDA(cudaMemsetAsync(memory.get(), 0, bytes, stream));
  workspaces.push_back(std::move(memory));
  workspace_bytes = bytes;
  return true;
}

bool Convolutions::Implementation::runs(const Plan& plan, std::span<const Binding> operands) {
  return reserve(plan.workspace_bytes()) && plan.run(handle.get(), operands, workspace()) == CUDNN_STATUS_SUCCESS;
}

float Convolutions::Implementation::milliseconds(const Plan& plan, std::span<const Binding> operands) {
  Event start, stop;
  MDDNET_CUDA(cudaEventCreate(start.out()));
  MDDNET_CUDA(cudaEventCreate(stop.out()));
  float best = std::numeric_limits<float>::infinity();
  for (int round = 0; round < kRounds; ++round) {
    MDDNET_CUDA(cudaEventRecord(start.get(), stream));
    for (int i = 0; i < kRunsPerRound; ++i) {
      check_cudnn(plan.run(handle.get(), operands, workspace()), "cudnnBackendExecute");
    }
    MDDNET_CUDA(cudaEventRecord(stop.get(), stream));
    MDDNET_CUDA(cudaEventSynchronize(stop.get()));
    float elapsed = 0;
    MDDNET_CUDA(cudaEventElapsedTime(&elapsed, start.get(), stop.get()));
    best = std::min(best, elapsed / kRunsPerRound);
  }
  return best;
}

std::optional<Plan> Convolutions::Implementation::remembered(const OperationGraph& graph, DType type,
                                                             const std::string& name,
                                                             std::span<const Binding> operands) {
  const auto choice = cache.find(name);
  if (!choice) return std::nullopt;
  std::optional<Plan> plan = finder.rebuild(graph, type, *choice);
  if (plan && runs(*plan, operands)) return plan;
  cache.forget(name);
  return std::nullopt;
}

std::optional<Plan> Convolutions::Implementation::fastest(const OperationGraph& graph, DType type,
                                                          std::span<const Binding> operands) {
  std::optional<Plan> best;
  float best_time = std::numeric_limits<float>::infinity();
  std::size_t timed = 0;
  finder.visit(graph, type, [&](Plan& plan) {
    if (!runs(plan, operands)) return false;  // also the warm-up: kernels are loaded on their first run
    const float time = milliseconds(plan, operands);
    if (time < best_time) {
      best_time = time;
      best = std::move(plan);
    }
    return ++timed == kMostTimed;
  });
  // What stands in the output must be the work of the plan that is kept.
  if (best) check_cudnn(best->run(handle.get(), operands, workspace()), "cudnnBackendExecute");
  return best;
}

std::optional<Plan> Convolutions::Implementation::find_plan(const OperationGraph& graph, DType type,
                                                            const std::string& name,
                                                            std::span<const Binding> operands) {
  if (auto plan = remembered(graph, type, name, operands)) return plan;
  std::optional<Plan> plan;
  if (options.autotune) {
    plan = fastest(graph, type, operands);
  } else {
    finder.visit(graph, type, [&](Plan& candidate) {
      if (!runs(candidate, operands)) return false;
      plan = std::move(candidate);
      return true;
    });
  }
  if (plan) cache.store(name, plan->choice());
  return plan;
}

bool Convolutions::Implementation::first_run(const ConvolutionProblem& problem, DType filter_type,
                                             std::span<const Binding> operands) {
  const std::string name = text(problem, filter_type);
  cudaStreamCaptureStatus capture = cudaStreamCaptureStatusNone;
  MDDNET_CUDA(cudaStreamIsCapturing(stream, &capture));
  if (capture != cudaStreamCaptureStatusNone) {
    fail(ErrorKind::kRuntime, "internal error: a convolution was recorded before it ran once: " + name);
  }
  Entry entry{build_graph(problem, filter_type), std::nullopt, {}};
  entry.plan = find_plan(entry.graph, problem.type, conditions_text + name, operands);
  if (!entry.plan) entry.refusal = name + ": " + finder.last_refusal();
  return entries.emplace(key_of(problem, filter_type), std::move(entry)).first->second.plan.has_value();
}

bool Convolutions::Implementation::run(const ConvolutionProblem& problem, DType filter_type,
                                       std::span<const Binding> operands) {
  check_problem(problem, filter_type);
  for (const Binding& operand : operands) {
    require(operand.address != nullptr, "a convolution's operands exist");
    if (reinterpret_cast<std::uintptr_t>(operand.address) % kOperandAlignment != 0) return false;
  }
  const auto found = entries.find(key_of(problem, filter_type));
  if (found == entries.end()) return first_run(problem, filter_type, operands);
  if (!found->second.plan) return false;
  check_cudnn(found->second.plan->run(handle.get(), operands, workspace()), "cudnnBackendExecute");
  return true;
}

Convolutions::Convolutions(const ConvolutionsOptions& options, cudaStream_t stream)
    : implementation_(std::make_unique<Implementation>(options, stream)) {}
Convolutions::~Convolutions() = default;

bool Convolutions::forward(const ConvolutionProblem& problem, const void* x, const void* w, const float* bias,
                           const void* residual, void* y) {
  require(problem.kind == ConvolutionKind::kForward, "the problem is a forward convolution");
  std::vector<Binding> operands{{kTensorX, x}, {kTensorW, w}, {kTensorY, y}};
  if (problem.bias) operands.push_back({kTensorBias, bias});
  if (problem.residual) operands.push_back({kTensorResidual, residual});
  return implementation_->run(problem, problem.type, operands);
}

bool Convolutions::backward_data(const ConvolutionProblem& problem, const void* dy, const void* w, void* dx) {
  require(problem.kind == ConvolutionKind::kBackwardData, "the problem is a backward convolution to the data");
  const std::array<Binding, 3> operands{{{kTensorY, dy}, {kTensorW, w}, {kTensorX, dx}}};
  return implementation_->run(problem, problem.type, operands);
}

bool Convolutions::backward_weights(const ConvolutionProblem& problem, const void* x, const void* dy, void* dw,
                                    DType dw_type) {
  require(problem.kind == ConvolutionKind::kBackwardWeights, "the problem is a backward convolution to the weights");
  const std::array<Binding, 3> operands{{{kTensorX, x}, {kTensorY, dy}, {kTensorW, dw}}};
  return implementation_->run(problem, dw_type, operands);
}

std::string Convolutions::version() {
  const std::size_t version = cudnnGetVersion();
  return "cuDNN " + std::to_string(version / 10000) + "." + std::to_string(version % 10000 / 100) + "." +
         std::to_string(version % 100);
}

std::size_t Convolutions::workspace_bytes() const noexcept { return implementation_->workspace_bytes; }

std::vector<std::string> Convolutions::refusals() const {
  std::vector<std::string> out;
  for (const auto& [key, entry] : implementation_->entries) {
    if (!entry.plan) out.push_back(entry.refusal);
  }
  return out;
}

}  // namespace mdd::cuda
