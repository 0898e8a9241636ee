#include "profile/workload.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace mdd {
namespace {
constexpr double kRate = 1e-5;  ///< small: a thousand steps on one batch must not lead anywhere
}

const char* name_of(WorkKind kind) {
  switch (kind) {
    case WorkKind::kTraining:
      return "training";
    case WorkKind::kInference:
      return "inference";
    default:
      return "loading";
  }
}

Workload::Workload(Backend& backend, const Problem& problem, WorkKind kind, StepMode mode, int loaders)
    : problem_(problem) {
  if (kind == WorkKind::kLoading) {
    loading_.emplace(backend, problem, loaders);
  } else if (kind == WorkKind::kTraining) {
    learner_.emplace(backend, problem, mode);
    learner_->prepare();
  } else {
    model_.emplace(backend, problem.options(), false, StoreForm::kFolded);
    problem.load_into(*model_);
    scorer_.emplace(*model_, MapOptions{}, problem.size().side, mode);
  }
}

void Workload::run() {
  if (loading_) {
    loading_->run();
  } else if (learner_) {
    learner_->run(kRate);
  } else {
    static_cast<void>(scorer_->score(problem_.pictures()));
  }
}

Spread time_runs(Backend& backend, const TimingRules& rules, const std::function<void()>& run) {
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  for (int i = 0; i < rules.warm_ups; ++i) run();
  backend.synchronize();
  std::vector<double> times;
  const Clock::time_point begin = Clock::now();
  while (std::ssize(times) < rules.least_runs ||
         (seconds_since(begin) < rules.seconds && std::ssize(times) < rules.most_runs)) {
    const Clock::time_point start = Clock::now();
    for (int i = 0; i < rules.in_flight; ++i) run();
    backend.synchronize();
    times.push_back(seconds_since(start) / rules.in_flight);
  }
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
  };
  return {at(0.5), at(0.1), at(0.9), std::ssize(times)};
}

}  // namespace mdd
