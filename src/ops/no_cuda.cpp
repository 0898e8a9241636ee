#include "ops/cuda_entry.h"

namespace mdd {

int cuda_device_count() noexcept { return 0; }

std::unique_ptr<Backend> make_cuda_backend(int index) {
  fail(ErrorKind::kDevice,
       "device cuda:" + std::to_string(index) + ": this build has no CUDA backend; use --device cpu or auto");
}

}  // namespace mdd
