// How long a training step and scoring take on a device.
#pragma once
#include <functional>

#include "bench/gpu_check/checks.h"

namespace mdd::gpu_check {

struct TimingOptions {
  std::vector<std::string> encoders{"wide_resnet50_2", "resnet18"};
  std::vector<Precision> precisions{Precision::kBf16, Precision::kTf32, Precision::kF16, Precision::kF32};
  std::vector<std::int64_t> batches{16, 1, 8, 32};
  std::int64_t side = 256;
  double seconds_each = 0.4;    ///< measured, after warm-up
  double seconds_in_all = 150;  ///< what has not begun by then is left out and says so
};

/// Every encoder, precision and batch size, recorded and eager, most telling ones first. `progress` hears of each
/// measurement as it is done. What fails (no memory, say) is a row with a note.
[[nodiscard]] std::vector<Timing> measure(const BackendFactory& make, const CudaOptions& options,
                                          const TimingOptions& timing, std::uint64_t seed,
                                          const std::function<void(const Timing&)>& progress);

}  // namespace mdd::gpu_check
