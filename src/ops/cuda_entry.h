// The CUDA backend's way in. A build with CUDA links cuda/; a build without links no_cuda.cpp. No #ifdef anywhere.
#pragma once
#include <filesystem>
#include <memory>

#include "ops/backend.h"

namespace mdd {

struct CudaOptions {
  int device = 0;
  Precision precision = Precision::kF32;
  /// Only algorithms that give the same bits in every run; off, cuDNN may pick faster ones that do not.
  bool deterministic = true;
  /// Times the candidates for each convolution and keeps the fastest, instead of trusting the library's heuristics.
  bool autotune = false;
  /// Repeated work may be recorded as CUDA graphs; off, every operation is started by itself.
  bool record = true;
  /// File that remembers the chosen algorithms between runs; empty = none.
  std::filesystem::path plan_cache{};
};

/// Number of usable CUDA devices; 0 without a driver or in a build without CUDA. Throws nothing.
[[nodiscard]] int cuda_device_count() noexcept;
/// Versions of the CUDA libraries this build uses, for --version; empty in a build without CUDA.
[[nodiscard]] std::string cuda_build_description();
/// Throws Error(kDevice) if there is no such device or this build has no CUDA backend.
[[nodiscard]] std::unique_ptr<Backend> make_cuda_backend(const CudaOptions& options);

}  // namespace mdd
