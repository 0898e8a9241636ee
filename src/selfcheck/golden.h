// Golden files: what the PyTorch oracle computed in float64, stored as float32, against what a backend of ours
// computes.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "ops/backend.h"

namespace mdd {

/// One compared quantity.
struct GoldenRow {
  std::string group;  ///< forward, gradient, step, curve, inference
  std::string name;   ///< tensor or scalar
  double error = 0;   ///< relative norm of the difference; for the curve the largest relative difference
  double tolerance = 0;
  [[nodiscard]] bool passed() const { return error <= tolerance; }  // false for NaN
};

/// The case folders below `folder` (those with a case.json), or `folder` itself. Throws Error(kData) if there is none.
[[nodiscard]] std::vector<std::filesystem::path> golden_cases(const std::filesystem::path& folder);

/// Builds the case's model, loads its state and compares: training forward and losses (1e-4), gradients of every
/// parameter (1e-3), one Adam step (weights whose gradient is well above rounding, all batch-norm statistics), the loss
/// curve of ten steps (2 %), and inference maps, scores and votes after one step (1e-3).
/// Throws Error(kData) for files that are missing, malformed or do not fit the case.
[[nodiscard]] std::vector<GoldenRow> check_golden_case(Backend& backend, const std::filesystem::path& folder);

}  // namespace mdd
