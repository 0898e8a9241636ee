// Compares every operation of a backend with the float64 reference: one table of cases for unit tests, `mddnet
// selfcheck` and every backend there is. Values are compared with the reference's; gradients with central finite
// differences of the reference's values, or with its adjoint where the operation is linear.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "ops/backend.h"

namespace mdd::reference {

struct CheckRow {
  std::string operation;  ///< "convolution"
  std::string shape;      ///< "x [2, 5, 7, 16], 17 3x3 filters, stride 1"
  std::string quantity;   ///< "dx, accumulated"
  double error = 0.0;     ///< |got - expected| / |expected| in the 2-norm; infinite for NaN, or for a broken promise
  double tolerance = 0.0;
  [[nodiscard]] bool passed() const { return error <= tolerance; }  // false for NaN
};

struct CheckOptions {
  /// What the backend rounds the factors of its convolutions to where it stores features as f32: judge results by that.
  Precision products = Precision::kF32;
  /// Gradients of convolution weights may have been stored as features are before they became f32: what a library does
  /// that has no algorithm which writes f32.
  bool rounded_weight_gradients = false;
  /// Features are as the backend stores them in inference; only operations that take those, and no gradients.
  bool inference = false;
  /// Leaves out the few cases that take long where every access is watched.
  bool small_only = false;
  /// Runs cases number `first_case`, first_case + every, first_case + 2 every, ... only.
  std::uint32_t first_case = 0;
  std::uint32_t every = 1;
  /// Runs only the cases whose operation contains this text: "convolution", "adam". Empty: all of them.
  std::string only{};
};

/// Runs every case on `backend` with random input from `seed`, features as the backend stores them. Errors that the
/// backend throws become failing rows.
[[nodiscard]] std::vector<CheckRow> check_backend(Backend& backend, std::uint64_t seed,
                                                  const CheckOptions& options = {});

}  // namespace mdd::reference
