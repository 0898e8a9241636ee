// What a bit-exact resume needs of one set of trained parameters: values, running statistics, Adam's moments and
// counters, as named tensors of a safetensors file.
#pragma once
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "nn/parameter_store.h"
#include "ops/params.h"
#include "weights/archive.h"

namespace mdd {

/// The f64 counters that Adam keeps on the device, see OptimizerStateIndex.
using OptimizerCounters = std::array<double, kOptimizerStateSize>;

/// Throws Error(kRuntime) naming the tensor if a trained value, statistic or moment is not finite: a broken model never
/// replaces a good one.
void require_finite(const ParameterStore& store);

/// Every parameter and statistic under its own name, the moments as "adam.first.NAME" and "adam.second.NAME", the
/// counters as "adam.counters". Requires a store with gradients.
[[nodiscard]] std::vector<std::pair<std::string, HostTensor>> state_tensors(const ParameterStore& store,
                                                                            const OptimizerCounters& counters);

/// Reads all of it back and returns the counters. Throws Error(kData) naming the first tensor that is missing, surplus,
/// misshapen or not finite.
[[nodiscard]] OptimizerCounters restore_state(ParameterStore& store, const weights::TensorArchive& archive);

/// A metadata entry that has to be there, and one that is a whole number of at least 0. Throws Error(kData).
[[nodiscard]] std::string required_metadata(const weights::TensorArchive& archive, const std::string& key);
[[nodiscard]] std::int64_t required_count(const weights::TensorArchive& archive, const std::string& key);

}  // namespace mdd
