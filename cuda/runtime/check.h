// Every call into the CUDA runtime goes through MDDNET_CUDA: an error names the call, the place and the reason.
#pragma once
#include <cuda_runtime.h>
#include <string>

#include "core/error.h"

namespace mdd::cuda {

/// "cudaMalloc(&p, n) at cuda/runtime/context.cpp:31: out of memory (cudaErrorMemoryAllocation)".
[[nodiscard]] inline std::string describe(cudaError_t error, const char* call, const char* file, int line) {
  return std::string(call) + " at " + file + ":" + std::to_string(line) + ": " + cudaGetErrorString(error) + " (" +
         cudaGetErrorName(error) + ")";
}

inline void check(cudaError_t error, const char* call, const char* file, int line) {
  if (error == cudaSuccess) return;
  static_cast<void>(cudaGetLastError());  // a mistake in one call must not be reported again by the next
  fail(ErrorKind::kRuntime, "CUDA: " + describe(error, call, file, line));
}

}  // namespace mdd::cuda

#define MDDNET_CUDA(call) ::mdd::cuda::check((call), #call, __FILE__, __LINE__)
