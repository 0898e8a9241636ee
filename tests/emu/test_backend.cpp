// The CUDA backend on the emulator against the float64 reference: every operation and gradient, in every storage type,
// with cuDNN's stand-in and with our own convolution kernels in its place. Afterwards no kernel may be left unlaunched.
#include <doctest/doctest.h>
#include <string>
#include <thread>
#include <vector>

#include "emulated_backend.h"
#include "emulator.h"
#include "reference/check.h"
#include "stand_ins/supported_convolutions.h"

using namespace mdd;
using reference::CheckRow;

namespace {

std::string text(const CheckRow& row) {
  return row.operation + " | " + row.shape + " | " + row.quantity + ": error " + std::to_string(row.error * 1e6) +
         "e-6, tolerance " + std::to_string(row.tolerance * 1e6) + "e-6";
}

// ThreadSanitizer pays for every access and for every thread that it has to know of.
#ifdef __SANITIZE_THREAD__
constexpr bool kBrief = true;
#else
constexpr bool kBrief = false;
#endif

struct Run {
  Precision precision;
  unsigned schedule;  ///< seed of the order in which the emulator runs threads and blocks
  std::vector<CheckRow> rows;
};

void run_checks(Run& run, reference::CheckOptions options) {
  options.small_only = kBrief;
  // Races do not depend on the storage type: with f32 all cases, with the others a third of them, not the same third.
  if (kBrief && run.precision != Precision::kF32) {
    options.every = 3;
    options.first_case = run.schedule;
  }
  emu::set_schedule_seed(run.schedule);
  try {
    const auto backend = emu::make_emulated_backend({.precision = run.precision});
    run.rows = reference::check_backend(*backend, 3 + run.schedule, options);
  } catch (const std::exception& error) {
    run.rows.assign(1000, {"all", "", error.what(), 1.0, 0.0});
  }
  emu::set_schedule_seed(0);
}

/// Checks every run, side by side: a backend belongs to one thread, and so does the emulator that it runs on.
void check_all(std::vector<Run> runs, const reference::CheckOptions& options = {}) {
  if (kBrief) {
    for (Run& run : runs) run_checks(run, options);
  } else {
    std::vector<std::thread> threads;
    for (Run& run : runs) threads.emplace_back([&] { run_checks(run, options); });
    for (std::thread& thread : threads) thread.join();
  }
  for (const Run& run : runs) {
    CHECK(run.rows.size() > (kBrief ? 40 : options.only.empty() ? 1000 : 100));
    for (const CheckRow& row : run.rows) CHECK_MESSAGE(row.passed(), text(row));
  }
}

}  // namespace

TEST_CASE("every operation in every storage type") {
  check_all({{Precision::kF32, 0, {}}, {Precision::kBf16, 11, {}}, {Precision::kF16, 12, {}}});
}

TEST_CASE("without cuDNN our own convolutions do everything") {
  emu::set_cudnn_support(false, false, false);
  check_all({{Precision::kF32, 13, {}}, {Precision::kBf16, 14, {}}, {Precision::kF16, 15, {}}},
            {.only = "convolution"});
  emu::set_cudnn_support(true, true);
}

TEST_CASE("without fused epilogues and f32 weight gradients they run apart") {
  emu::set_cudnn_support(true, false, false);
  check_all({{Precision::kBf16, 16, {}}}, {.rounded_weight_gradients = true, .only = "convolution"});
  emu::set_cudnn_support(true, true);
}

TEST_CASE("every kernel was launched, for every storage type") {
  for (const std::string& kernel : emu::missing_kernels(std::string(MDDNET_SOURCE_DIR) + "/cuda/kernels")) {
    FAIL_CHECK("never launched: " << kernel);
  }
}
