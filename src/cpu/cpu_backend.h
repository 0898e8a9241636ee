// Backend #1: oneDNN for convolutions and matrix products, OpenMP loops for the rest. Runs anywhere.
#pragma once
#include <memory>

#include "ops/backend.h"

namespace mdd {

/// Does this processor multiply bf16 numbers itself (AVX512-BF16), so that kBf16 pays?
[[nodiscard]] bool cpu_has_bf16();

/// Uses OpenMP's number of threads (OMP_NUM_THREADS, else all processors). A backend object serves one thread at a
/// time. kBf16 rounds the factors of convolutions to bf16 and sums their products in f32; all that is stored, and every
/// other operation, stays f32. Throws Error(kDevice) for kBf16 without cpu_has_bf16(), Error(kUsage) for kTf32 and
/// kF16.
[[nodiscard]] std::unique_ptr<Backend> make_cpu_backend(Precision precision = Precision::kF32);

}  // namespace mdd
