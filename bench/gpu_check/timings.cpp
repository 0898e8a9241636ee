#include "bench/gpu_check/timings.h"

#include <algorithm>
#include <chrono>

#include "profile/workload.h"

namespace mdd::gpu_check {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void measure_one(Timing& timing, Backend& backend, const TimingOptions& options, const Problem& problem, WorkKind kind,
                 StepMode mode) {
  Workload work(backend, problem, kind, mode);
  const bool training = kind == WorkKind::kTraining;
  const TimingRules rules{.seconds = options.seconds_each, .in_flight = training ? 4 : 1};
  const Spread spread = time_runs(backend, rules, [&] { work.run(); });
  timing.median_ms = 1e3 * spread.median;
  timing.low_ms = 1e3 * spread.low;
  timing.high_ms = 1e3 * spread.high;
  const std::int64_t skipped = work.skipped_steps();
  if (skipped > 0) timing.note = std::to_string(skipped) + " steps were skipped: a value was not finite";
}

void attempt(Timing& timing, const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& error) {
    timing.note = error.what();
  }
}

}  // namespace

std::vector<Timing> measure(const BackendFactory& make, const CudaOptions& options, const TimingOptions& timing,
                            std::uint64_t seed, const std::function<void(const Timing&)>& progress) {
  std::vector<Timing> out;
  const Clock::time_point begin = Clock::now();
  const auto row = [&](const std::string& work, const Problem& problem, Precision precision, StepMode mode,
                       const std::function<void(Timing&)>& fill) {
    Timing t{.work = work,
             .encoder = problem.size().encoder,
             .precision = name_of(precision),
             .mode = mode == StepMode::kRecorded ? "recorded" : "eager",
             .batch = problem.size().batch};
    if (seconds_since(begin) > timing.seconds_in_all) {
      t.note = "left out: no time";
    } else {
      attempt(t, [&] { fill(t); });
    }
    progress(t);
    out.push_back(std::move(t));
  };
  // Weights take seconds to draw: once an encoder.
  const std::int64_t largest = *std::max_element(timing.batches.begin(), timing.batches.end());
  std::vector<Problem> problems;
  for (const std::string& encoder : timing.encoders) {
    problems.emplace_back(ProblemSize{.encoder = encoder, .side = timing.side, .batch = largest, .batches = 1}, seed);
  }
  for (const std::int64_t batch : timing.batches) {
    for (const Problem& whole : problems) {
      const Problem problem = whole.shortened(batch);
      for (const Precision precision : timing.precisions) {
        CudaOptions chosen = options;
        chosen.precision = precision;
        std::unique_ptr<Backend> backend;
        const auto bench = [&](Timing& t, WorkKind kind, StepMode mode) {
          if (backend == nullptr) backend = make(chosen);
          measure_one(t, *backend, timing, problem, kind, mode);
        };
        for (const StepMode mode : {StepMode::kRecorded, StepMode::kEager}) {
          row("training step", problem, precision, mode, [&](Timing& t) { bench(t, WorkKind::kTraining, mode); });
          row("scoring", problem, precision, mode, [&](Timing& t) { bench(t, WorkKind::kInference, mode); });
        }
      }
    }
  }
  return out;
}

}  // namespace mdd::gpu_check
