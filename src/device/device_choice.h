// From the words for a device and a precision to a backend: one meaning for the program and the library.
#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "ops/backend.h"

namespace mdd {

struct DeviceChoice {
  std::string device = "auto";    ///< auto, cpu, cuda or cuda:N
  std::string precision = "f32";  ///< f32, tf32, bf16 or f16
  bool deterministic = true;      ///< of the CUDA backend, as the two below; see CudaOptions
  bool autotune = false;
  bool eager = false;
};

/// auto: the first CUDA device if there is one, else the CPU. Throws Error(kUsage) for a word it does not know or a
/// precision that the device does not compute in, Error(kDevice) for a device that is not there.
[[nodiscard]] std::unique_ptr<Backend> open_backend(const DeviceChoice& choice);

/// Throws Error(kUsage) for a word it does not know.
[[nodiscard]] Precision parse_precision(const std::string& word);

}  // namespace mdd
