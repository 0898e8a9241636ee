// Means over seeds and differences between variants.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace mdd::ablate {

/// A value that may be undefined (an AUROC without defects, a run that failed).
using Value = std::optional<double>;

/// What is known about a value over seeds.
struct Summary {
  std::int64_t count = 0;  ///< how many seeds have a defined value
  Value mean;              ///< over those; undefined if there are none
  Value deviation;         ///< sample standard deviation (n - 1); undefined for fewer than two
};

/// Undefined values are left out.
[[nodiscard]] Summary summarise(std::span<const Value> values);

/// values[i] - base[i], seed by seed; undefined where either is. Both have the same length.
[[nodiscard]] std::vector<Value> paired_differences(std::span<const Value> values, std::span<const Value> base);

}  // namespace mdd::ablate
