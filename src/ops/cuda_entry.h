// The CUDA backend's way in. A build with CUDA links cuda/; a build without links no_cuda.cpp. No #ifdef anywhere.
#pragma once
#include <memory>

#include "ops/backend.h"

namespace mdd {

/// Number of usable CUDA devices; 0 without a driver or in a build without CUDA. Throws nothing.
[[nodiscard]] int cuda_device_count() noexcept;
/// Throws Error(kDevice) if there is no such device or this build has no CUDA backend.
[[nodiscard]] std::unique_ptr<Backend> make_cuda_backend(int index);

}  // namespace mdd
