// Loss curves: the same training on the CPU and on a device.
#include <cmath>

#include "bench/gpu_check/checks.h"

namespace mdd::gpu_check {
namespace {

/// Adam moves every weight by its rate in the direction of the gradient's sign, so rounding decides where weights go
/// whose gradient is next to nothing. With the default rate two runs on the CPU whose start weights differ by 1e-6 are
/// 3 % apart after twenty steps; with this one they stay within 1 %.
constexpr double kRate = 3e-4;

struct CurveTolerance {
  double first;  ///< of the first step's loss: one forward pass's rounding
  double later;  ///< of every later one's
};

CurveTolerance tolerance_of(Precision precision) {
  switch (precision) {
    case Precision::kTf32:
      return {2e-3, 5e-2};
    case Precision::kF16:
      return {2e-3, 5e-2};
    case Precision::kBf16:
      return {1e-2, 5e-2};
    default:
      return {1e-4, 2e-2};
  }
}

}  // namespace

std::vector<float> loss_curve(Backend& backend, const Problem& problem, int steps) {
  Learner learner(backend, problem, StepMode::kRecorded);
  std::vector<float> losses;
  for (int i = 0; i < steps; ++i) {
    learner.prepare();
    learner.run(kRate);
    losses.push_back(learner.report().total);
  }
  return losses;
}

std::vector<Result> check_curve(const BackendFactory& make, const CudaOptions& options, const Problem& problem,
                                const std::vector<float>& cpu_losses) {
  const std::string part = "training, CPU and CUDA";
  return guarded(part, options.precision, [&] {
    const auto backend = make(options);
    const std::vector<float> losses = loss_curve(*backend, problem, static_cast<int>(cpu_losses.size()));
    const CurveTolerance tolerance = tolerance_of(options.precision);
    Result result{
        .part = part, .name = std::to_string(losses.size()) + " losses", .precision = name_of(options.precision)};
    for (std::size_t i = 0; i < losses.size(); ++i) {
      const double expected = static_cast<double>(cpu_losses[i]);
      const double error = std::fabs(static_cast<double>(losses[i]) - expected) / expected;
      result.add(error, i == 0 ? tolerance.first : tolerance.later, "step " + std::to_string(i + 1));
    }
    return std::vector<Result>{result};
  });
}

}  // namespace mdd::gpu_check
