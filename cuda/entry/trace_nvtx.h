// Trace ranges as NVTX ranges, which Nsight Systems and Compute show.
#pragma once

namespace mdd::cuda {

/// Installs the listener; safe to repeat. Ranges cost next to nothing without a profiler.
void trace_with_nvtx();

}  // namespace mdd::cuda
