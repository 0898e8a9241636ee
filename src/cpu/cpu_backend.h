// Backend #1: oneDNN for convolutions and matrix products, OpenMP loops for the rest. Runs anywhere.
#pragma once
#include <memory>

#include "ops/backend.h"

namespace mdd {

/// Uses OpenMP's number of threads (OMP_NUM_THREADS, else all processors). A backend object serves one thread at a
/// time.
[[nodiscard]] std::unique_ptr<Backend> make_cpu_backend();

}  // namespace mdd
