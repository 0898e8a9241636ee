// How fast this machine is at best, measured with the program's own operations: what a floor is made of.
#pragma once
#include "ops/backend.h"

namespace mdd {

struct MachineRates {
  double operations_per_second = 0;  ///< of a large 1x1 convolution in the backend's precision
  double bytes_per_second = 0;       ///< of adding two tensors that no cache holds
  /// Of large 3x3 convolutions of stride 1 and 2, their operations counted as the formula has them.
  double reducible_operations_per_second = 0, strided_operations_per_second = 0;
};

/// Takes about two seconds. Each rate is the best of several runs.
[[nodiscard]] MachineRates measure_rates(Backend& backend);

}  // namespace mdd
