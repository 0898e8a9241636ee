// Stand-ins of the calls into cuDNN, cuBLASLt and the CUDA runtime that cuda/dnn and cuda/blas make: they compute
// nothing, need no device, count what is created and given back, and fail when told to.
#pragma once
#include <cstddef>
#include <string>

namespace fake {

/// The call after `passed_first` others, of those that can fail, returns an error; -1 = none does.
void fail_call(int passed_first);
/// The name of the call that failed since fail_call(); "" = none.
[[nodiscard]] std::string failed_call();
/// Whether a step is being recorded.
void set_capturing(bool yes);
/// Objects and device memory that were created and not given back.
[[nodiscard]] std::size_t alive();

}  // namespace fake
