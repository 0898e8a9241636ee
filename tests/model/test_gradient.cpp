// The whole objective's gradient, under every switch, against central differences of the objective itself. One weight's
// difference drowns in f32 rounding, so directions are checked: each along the gradient of one group of parameters,
// with every component scaled at random, so that errors cannot hide behind each other.
#include <cmath>
#include <functional>

#include "model/tiny_problem.h"

using namespace mdd;
using namespace mdd::test;

namespace {

constexpr double kStep = 2e-4;       // along a direction of length 1: rounding and curvature both stay below 1 %
constexpr double kRelative = 2e-2;   // ReLU kinks and curvature
constexpr double kAbsolute = 4e-3;   // rounding of the objective, 6e-7, over twice the step
constexpr double kLeastSlope = 0.1;  // below, the absolute tolerance would check nothing

struct Group {
  const char* name;
  std::function<bool(const Parameter&)> member;
};

std::vector<Group> groups() {
  const auto of = [](const char* prefix) {
    return [prefix](const Parameter& p) { return p.name.starts_with(prefix); };
  };
  return {{"bottleneck", of("bottleneck.")},
          {"memory", of("memory.")},
          {"restoration", of("restoration.")},
          {"identity", of("identity.")},
          {"convolutions", [](const Parameter& p) { return p.layout == Layout::kConvolution; }},
          {"transposed convolutions", [](const Parameter& p) { return p.layout == Layout::kTransposedConvolution; }},
          {"gammas", [](const Parameter& p) { return p.initial == Initial::kOne; }},
          {"betas", [](const Parameter& p) { return p.initial == Initial::kZero; }},
          {"prototypes", [](const Parameter& p) { return p.initial == Initial::kPrototypeUniform; }}};
}

/// Unit vector along the group's part of the gradient, components scaled by 0 .. 2.
std::vector<double> direction(const ParameterStore& store, const std::vector<float>& gradient, const Group& group) {
  std::vector<double> out(gradient.size());
  RandomStream stream(9, 0, 0, Purpose::kTest);
  double squares = 0;
  for (const Parameter& p : store.parameters()) {
    if (!p.trained || !group.member(p)) continue;
    for (std::int64_t i = p.offset; i < p.offset + p.shape.elements(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      out[at] = static_cast<double>(gradient[at] * stream.uniform(0.0f, 2.0f));
      squares += out[at] * out[at];
    }
  }
  if (squares > 0) {
    for (double& value : out) value /= std::sqrt(squares);
  }
  return out;
}

double slope(TinyProblem& problem, const std::vector<float>& weights, const std::vector<double>& along) {
  const auto objective_at = [&](double t) {
    std::vector<float> moved(weights);
    for (std::size_t i = 0; i < moved.size(); ++i) moved[i] = static_cast<float>(moved[i] + t * along[i]);
    problem.backend->copy_from_host(problem.model.trained().values(), std::as_bytes(std::span(moved)));
    return problem.objective();
  };
  const double difference = objective_at(kStep) - objective_at(-kStep);
  problem.backend->copy_from_host(problem.model.trained().values(), std::as_bytes(std::span(weights)));
  return difference / (2.0 * kStep);
}

/// Returns how many groups had a slope to speak of.
int check_directions(const char* name, const ModelOptions& options, const LossOptions& losses) {
  TinyProblem problem(options, losses);
  static_cast<void>(problem.differentiate());
  const ParameterStore& store = problem.model.trained();
  const std::vector<float> gradient = fetch(*problem.backend, store.gradients());
  const std::vector<float> weights = fetch(*problem.backend, store.values());
  int checked = 0;
  for (const Group& group : groups()) {
    const std::vector<double> along = direction(store, gradient, group);
    double expected = 0;
    for (std::size_t i = 0; i < along.size(); ++i) expected += along[i] * static_cast<double>(gradient[i]);
    if (expected < kLeastSlope) continue;
    const double measured = slope(problem, weights, along);
    CHECK_MESSAGE(std::fabs(measured - expected) <= kRelative * expected + kAbsolute, name, ", ", group.name,
                  ": gradient says ", expected, ", differences say ", measured);
    ++checked;
  }
  return checked;
}

}  // namespace

TEST_CASE("gradients of the whole network: memory") {
  ModelOptions options = tiny();
  CHECK(check_directions("concat", options, {}) == 9);
  options.fusion = MemoryFusion::kReplace;
  CHECK(check_directions("replace", options, {}) >= 8);
  options.fusion = MemoryFusion::kAdd;
  CHECK(check_directions("add", options, {}) >= 8);
  options.fusion = MemoryFusion::kConcat;
  options.shrinkage = 0.05f;
  CHECK(check_directions("shrinkage", options, {}) >= 8);
  options = tiny();
  options.memory = false;
  CHECK(check_directions("no memory", options, {}) == 7);
  options.identity = false;
  CHECK(check_directions("plain reverse distillation", options, {}) == 6);
}

TEST_CASE("gradients of the whole network: losses") {
  LossOptions losses;
  losses.cosine = CosineForm::kPixel;
  CHECK(check_directions("cosine by position", tiny(), losses) >= 8);
  losses = {};
  losses.mask = MaskReduction::kNearest;
  losses.discrepancy = 3.0f;
  CHECK(check_directions("nearest mask", tiny(), losses) >= 8);
  losses.mask = MaskReduction::kMaximum;
  losses.reduction = DiscrepancyReduction::kSum;
  losses.discrepancy = 0.01f;
  CHECK(check_directions("largest mask, summed", tiny(), losses) >= 8);
  CHECK(check_directions("only discrepancy", tiny(), {.restoration = 0, .identity = 0, .classification = 0}) >= 6);
  CHECK(check_directions("only class", tiny(), {0, 0, 0, 2.0f}) >= 3);
  CHECK(check_directions("uneven weights", tiny(), {0.5f, 2.0f, 0.25f, 1.0f}) >= 8);
}

TEST_CASE("gradients of the whole network: bottleneck blocks") {
  CHECK(check_directions("bottleneck", tiny("tiny_bottleneck"), {}) == 9);
}
