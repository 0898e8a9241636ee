#include "bench/gpu_check/timings.h"

#include <algorithm>
#include <chrono>

namespace mdd::gpu_check {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

constexpr int kWarmUps = 5;    ///< the fourth run is the first that is recorded
constexpr int kLeastRuns = 5;  ///< however long they take
constexpr int kMostRuns = 500;
constexpr double kRate = 1e-5;  ///< small: a thousand steps must not lead anywhere

/// Runs `work` (which need not wait for the device) until `seconds` have passed. With `in_flight` runs asked for before
/// the device is waited for, what the host does meanwhile is hidden as it is in a real run.
void time(Timing& timing, double seconds, int in_flight, const std::function<void()>& work,
          const std::function<void()>& wait) {
  for (int i = 0; i < kWarmUps; ++i) work();
  wait();
  std::vector<double> times;
  const Clock::time_point begin = Clock::now();
  while (std::ssize(times) < kLeastRuns || (seconds_since(begin) < seconds && std::ssize(times) < kMostRuns)) {
    const Clock::time_point start = Clock::now();
    for (int i = 0; i < in_flight; ++i) work();
    wait();
    times.push_back(1e3 * seconds_since(start) / in_flight);
  }
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
  };
  timing.median_ms = at(0.5);
  timing.low_ms = at(0.1);
  timing.high_ms = at(0.9);
}

/// The measurements of one encoder in one precision.
class Bench {
 public:
  Bench(Backend& backend, const TimingOptions& options, const Problem& problem)
      : backend_(backend), options_(options), problem_(problem) {}

  void training_step(Timing& timing, StepMode mode) {
    Learner learner(backend_, problem_, mode);
    learner.prepare();
    time(
        timing, options_.seconds_each, 4, [&] { learner.run(kRate); }, [&] { backend_.synchronize(); });
    const std::int64_t skipped = learner.report().skipped_total;
    if (skipped > 0) timing.note = std::to_string(skipped) + " steps were skipped: a value was not finite";
  }

  void scoring(Timing& timing, StepMode mode) {
    MddNet model(backend_, problem_.options(), false);
    problem_.load_into(model);
    Scorer scorer(model, {}, problem_.size().side, mode);
    const auto images = std::span(problem_.pictures()).first(static_cast<std::size_t>(problem_.size().batch));
    time(
        timing, options_.seconds_each, 1, [&] { static_cast<void>(scorer.score(images)); },
        [&] { backend_.synchronize(); });
  }

 private:
  Backend& backend_;
  const TimingOptions& options_;
  const Problem& problem_;
};

void fill_in(Timing& timing, const std::function<void()>& work) {
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
      fill_in(t, [&] { fill(t); });
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
        const auto bench = [&] {
          if (backend == nullptr) backend = make(chosen);
          return Bench(*backend, timing, problem);
        };
        for (const StepMode mode : {StepMode::kRecorded, StepMode::kEager}) {
          row("training step", problem, precision, mode, [&](Timing& t) { bench().training_step(t, mode); });
          row("scoring", problem, precision, mode, [&](Timing& t) { bench().scoring(t, mode); });
        }
      }
    }
  }
  return out;
}

}  // namespace mdd::gpu_check
