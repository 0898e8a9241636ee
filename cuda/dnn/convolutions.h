// Convolutions on cuDNN: plans built once per problem, timed and remembered on disk if asked for, one workspace.
#pragma once
#include <cuda_runtime.h>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cuda/dnn/problem.h"

namespace mdd::cuda {

struct ConvolutionsOptions {
  bool allow_tf32 = false;        ///< f32 operands may be rounded to tf32 (10 bits of mantissa) for the tensor cores
  bool deterministic = true;      ///< only engines that give the same bits in every run
  bool autotune = false;          ///< time up to 10 engines per problem instead of trusting the library's heuristics
  std::filesystem::path cache{};  ///< file that remembers the chosen engines between runs; empty = none
  std::int64_t workspace_limit = std::int64_t{256} << 20;  ///< bytes; engines that want more are not considered
};

/// Every method puts its work on the stream and returns true, or returns false and does nothing when cuDNN has no
/// engine for the problem under these options, or an operand is not aligned to 16 bytes; the caller then drops the
/// epilogue, or runs a kernel of its own. A problem's first call looks for an engine and runs it; that answer is kept.
/// While the stream is being recorded nothing can be built, so a problem's first call throws Error(kRuntime) then.
/// Results are overwritten; sums are taken in f32. Throws Error(kRuntime) naming the failed library call, or the
/// violated clause of the problem.
class Convolutions {
 public:
  /// Throws Error(kDevice) if cuDNN cannot be used on the current device. The stream outlives this object.
  Convolutions(const ConvolutionsOptions& options, cudaStream_t stream);
  ~Convolutions();
  Convolutions(const Convolutions&) = delete;
  Convolutions& operator=(const Convolutions&) = delete;

  /// x, w [K,R,R,C], residual (shaped like y) and y are stored as problem.type, bias is f32 [K]. bias and residual are
  /// null unless the problem has them.
  [[nodiscard]] bool forward(const ConvolutionProblem& problem, const void* x, const void* w, const float* bias,
                             const void* residual, void* y);
  [[nodiscard]] bool backward_data(const ConvolutionProblem& problem, const void* dy, const void* w, void* dx);
  /// dw is stored as f32 or as problem.type. Few engines write f32 from 16-bit operands: try that first.
  [[nodiscard]] bool backward_weights(const ConvolutionProblem& problem, const void* x, const void* dy, void* dw,
                                      DType dw_type);

  /// "cuDNN 9.19.0".
  [[nodiscard]] static std::string version();
  /// Device memory held for the engines' intermediate values.
  [[nodiscard]] std::size_t workspace_bytes() const noexcept;
  /// One line per problem that no engine was found for.
  [[nodiscard]] std::vector<std::string> refusals() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace mdd::cuda
