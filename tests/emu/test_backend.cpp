// The CUDA backend on the emulator against the float64 reference: every operation and gradient, in every storage type,
// with cuDNN's stand-in and with our own convolution kernels in its place. Afterwards no kernel may be left unlaunched.
#include <doctest/doctest.h>
#include <string>

#include "emulated_backend.h"
#include "emulator.h"
#include "reference/check.h"
#include "stand_ins/cudnn_support.h"

using namespace mdd;
using reference::CheckRow;

namespace {

std::string text(const CheckRow& row) {
  return row.operation + " | " + row.shape + " | " + row.quantity + ": error " + std::to_string(row.error * 1e6) +
         "e-6, tolerance " + std::to_string(row.tolerance * 1e6) + "e-6";
}

#ifdef __SANITIZE_THREAD__
constexpr bool kSmallOnly = true;
#else
constexpr bool kSmallOnly = false;
#endif

void check_all(Precision precision, unsigned schedule, reference::CheckOptions options = {}) {
  options.small_only = kSmallOnly;
  emu::set_schedule_seed(schedule);
  const auto backend = emu::make_emulated_backend({.precision = precision});
  const auto rows = reference::check_backend(*backend, 3 + schedule, options);
  CHECK(rows.size() > (options.only.empty() ? 1000 : 100));
  for (const CheckRow& row : rows) CHECK_MESSAGE(row.passed(), text(row));
  emu::set_schedule_seed(0);
}

}  // namespace

TEST_CASE("every operation, f32") { check_all(Precision::kF32, 0); }
TEST_CASE("every operation, bf16") { check_all(Precision::kBf16, 11); }
TEST_CASE("every operation, f16") { check_all(Precision::kF16, 12); }

TEST_CASE("without cuDNN our own convolutions do everything") {
  emu::set_cudnn_support(false, false, false);
  const reference::CheckOptions options{.only = "convolution"};
  SUBCASE("f32") { check_all(Precision::kF32, 13, options); }
  SUBCASE("bf16") { check_all(Precision::kBf16, 14, options); }
  SUBCASE("f16") { check_all(Precision::kF16, 15, options); }
  emu::set_cudnn_support(true, true);
}

TEST_CASE("without fused epilogues and f32 weight gradients they run apart") {
  emu::set_cudnn_support(true, false, false);
  check_all(Precision::kBf16, 16, {.rounded_weight_gradients = true, .only = "convolution"});
  emu::set_cudnn_support(true, true);
}

TEST_CASE("every kernel was launched, for every storage type") {
  for (const std::string& kernel : emu::missing_kernels(std::string(MDDNET_SOURCE_DIR) + "/cuda/kernels")) {
    FAIL_CHECK("never launched: " << kernel);
  }
}
