// The CUDA backend on the emulator: cuda/'s own sources, a Backend like any other.
#pragma once
#include <memory>

#include "cuda/implementation.h"

namespace emu {

[[nodiscard]] inline std::unique_ptr<mdd::Backend> make_emulated_backend(const mdd::CudaOptions& options = {}) {
  return std::make_unique<mdd::cuda::CudaBackend>(options);
}

}  // namespace emu
