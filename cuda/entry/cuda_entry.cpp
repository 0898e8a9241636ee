// What the rest of the program knows of this folder (ops/cuda_entry.h).
#include <cublasLt.h>
#include <cudnn.h>

#include "cuda/entry/trace_nvtx.h"
#include "cuda/implementation.h"

namespace mdd {

int cuda_device_count() noexcept {
  int count = 0;
  if (cudaGetDeviceCount(&count) == cudaSuccess) return count;
  static_cast<void>(cudaGetLastError());  // no driver, or none that is new enough: a machine without a GPU
  return 0;
}

std::string cuda_build_description() {
  int runtime = 0;
  MDDNET_CUDA(cudaRuntimeGetVersion(&runtime));
  const std::size_t cudnn = cudnnGetVersion(), blas = cublasLtGetVersion();
  return "CUDA " + std::to_string(runtime / 1000) + "." + std::to_string(runtime % 1000 / 10) + ", cuDNN " +
         std::to_string(cudnn / 10000) + "." + std::to_string(cudnn % 10000 / 100) + "." + std::to_string(cudnn % 100) +
         ", cuBLASLt " + std::to_string(blas / 10000) + "." + std::to_string(blas % 10000 / 100) + "." +
         std::to_string(blas % 100);
}

std::unique_ptr<Backend> make_cuda_backend(const CudaOptions& options) {
  cuda::trace_with_nvtx();
  return std::make_unique<cuda::CudaBackend>(options);
}

}  // namespace mdd
