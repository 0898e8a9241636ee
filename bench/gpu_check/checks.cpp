#include "bench/gpu_check/checks.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#include "reference/check.h"
#include "selfcheck/golden.h"

namespace mdd::gpu_check {
namespace {

constexpr double kRate = 0.005, kLaterRate = 0.001;

/// Enough for each of two batch sizes in turn to be recorded and then replayed.
constexpr int kScoringRounds = 12;

struct Training {
  std::vector<float> losses, state;
  bool recorded = false;
};

/// The rate drops for the last third.
Training train(Backend& backend, const Problem& problem, StepMode mode, int steps) {
  Learner learner(backend, problem, mode);
  Training out;
  for (int i = 0; i < steps; ++i) {
    learner.prepare();
    learner.run(3 * i < 2 * steps ? kRate : kLaterRate);
    out.losses.push_back(learner.report().total);
  }
  out.state = learner.state();
  out.recorded = learner.recorded();
  return out;
}

struct Scores {
  std::vector<float> scores, maps, masses;
  bool recorded = false;
};

/// Full batches and smaller ones in turn.
Scores score(Backend& backend, const Problem& problem, StepMode mode) {
  MddNet model(backend, problem.options(), false);
  problem.load_into(model);
  Scorer scorer(model, {}, problem.size().side, mode);
  const std::span<const data::Image> all(problem.pictures());
  const auto batch = static_cast<std::size_t>(problem.size().batch);
  Scores out;
  for (int round = 0; round < kScoringRounds; ++round) {
    const std::size_t first = static_cast<std::size_t>(round) * batch % all.size();
    const std::size_t count = round % 2 == 1 ? batch - 1 : batch;
    for (const ScoredResult& result : scorer.score(all.subspan(first, count))) {
      out.scores.push_back(result.score);
      out.maps.insert(out.maps.end(), result.map.begin(), result.map.end());
      out.masses.insert(out.masses.end(), result.mass.begin(), result.mass.end());
    }
  }
  out.recorded = scorer.recordings() == 2;
  return out;
}

/// Number of values whose bits differ.
void compare_bits(Result& result, const std::string& what, const std::vector<float>& a, const std::vector<float>& b) {
  std::size_t different = a.size() == b.size() ? 0 : std::max(a.size(), b.size()), first = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (std::bit_cast<std::uint32_t>(a[i]) == std::bit_cast<std::uint32_t>(b[i])) continue;
    if (different++ == 0) first = i;
  }
  const std::string where = what + ", " + std::to_string(a.size()) + " values";
  result.add(static_cast<double>(different), 0.0,
             different == 0 ? where : where + ", first difference at " + std::to_string(first));
}

void expect(Result& result, bool condition, const std::string& what) { result.add(condition ? 0.0 : 1.0, 0.0, what); }

void compare_training(Result& result, const Training& a, const Training& b) {
  compare_bits(result, "losses", a.losses, b.losses);
  compare_bits(result, "weights, statistics and moments", a.state, b.state);
  expect(result, std::isfinite(a.losses.back()), "losses are finite");
}

}  // namespace

std::vector<Result> guarded(const std::string& part, Precision precision,
                            const std::function<std::vector<Result>()>& check) {
  try {
    return check();
  } catch (const std::exception& error) {
    return {broken(part, name_of(precision), error.what())};
  }
}

std::vector<Result> check_operations(const BackendFactory& make, const CudaOptions& options, std::uint64_t seed) {
  return guarded("operations", options.precision, [&] {
    const auto backend = make(options);
    std::map<std::string, Result> by_name;
    for (const auto& row : reference::check_backend(
             *backend, seed,
             {.products = options.precision, .rounded_weight_gradients = backend->feature_type() != DType::kF32})) {
      Result& result = by_name[row.operation];
      result.part = "operations";
      result.name = row.operation;
      result.precision = name_of(options.precision);
      result.add(row.error, row.tolerance, row.quantity + " " + row.shape);
    }
    std::vector<Result> out;
    for (auto& [name, result] : by_name) out.push_back(std::move(result));
    return out;
  });
}

std::vector<Result> check_golden(const BackendFactory& make, const CudaOptions& options,
                                 const std::filesystem::path& folder) {
  return guarded("golden files", options.precision, [&] {
    std::vector<Result> out;
    for (const auto& path : golden_cases(folder)) {
      const auto backend = make(options);
      std::map<std::string, Result> by_group;
      for (const GoldenRow& row : check_golden_case(*backend, path)) {
        Result& result = by_group[row.group];
        result.part = "golden files";
        result.name = path.filename().string() + ", " + row.group;
        result.precision = name_of(options.precision);
        result.add(row.error, row.tolerance, row.name);
      }
      for (auto& [group, result] : by_group) out.push_back(std::move(result));
    }
    return out;
  });
}

std::vector<Result> check_recorded(const BackendFactory& make, const CudaOptions& options, const Problem& problem,
                                   int steps) {
  const std::string part = "recorded against eager";
  return guarded(part, options.precision, [&] {
    const auto backend = make(options);
    Result training{.part = part, .name = "training", .precision = name_of(options.precision)};
    const Training eager_training = train(*backend, problem, StepMode::kEager, steps);
    const Training recorded_training = train(*backend, problem, StepMode::kRecorded, steps);
    compare_training(training, eager_training, recorded_training);
    expect(training, recorded_training.recorded && !eager_training.recorded, "a step was recorded");
    Result scoring{.part = part, .name = "scoring", .precision = name_of(options.precision)};
    const Scores eager = score(*backend, problem, StepMode::kEager);
    const Scores recorded = score(*backend, problem, StepMode::kRecorded);
    expect(scoring, recorded.recorded && !eager.recorded, "both batch sizes were recorded");
    compare_bits(scoring, "scores", eager.scores, recorded.scores);
    compare_bits(scoring, "maps", eager.maps, recorded.maps);
    compare_bits(scoring, "class masses", eager.masses, recorded.masses);
    return std::vector<Result>{training, scoring};
  });
}

std::vector<Result> check_repeated(const BackendFactory& make, const CudaOptions& options, const Problem& problem,
                                   int steps) {
  const std::string part = "the same twice";
  return guarded(part, options.precision, [&] {
    const auto run = [&] { return train(*make(options), problem, StepMode::kEager, steps); };
    Result training{.part = part, .name = "training", .precision = name_of(options.precision)};
    compare_training(training, run(), run());
    return std::vector<Result>{training};
  });
}

}  // namespace mdd::gpu_check
