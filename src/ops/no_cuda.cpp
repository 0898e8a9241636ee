#include "ops/cuda_entry.h"

namespace mdd {

int cuda_device_count() noexcept { return 0; }

std::string cuda_build_description() { return ""; }

std::unique_ptr<Backend> make_cuda_backend(const CudaOptions& options) {
  fail(ErrorKind::kDevice,
       "device cuda:" + std::to_string(options.device) + ": this build has no CUDA backend; use --device cpu or auto");
}

}  // namespace mdd
