// Weight 0 removes a term and its cost: nothing is computed for it and nothing pulls on what served it alone.
#include <algorithm>
#include <cmath>

#include "model/tiny_problem.h"

using namespace mdd;
using namespace mdd::test;

namespace {

/// Largest gradient component of the parameters whose name starts with `prefix`.
float largest_gradient(TinyProblem& problem, const std::string& prefix) {
  float largest = 0;
  int found = 0;
  for (const Parameter& p : problem.model.trained().parameters()) {
    if (!p.trained || !p.name.starts_with(prefix)) continue;
    ++found;
    for (const float g : fetch(*problem.backend, p.view.gradient)) largest = std::max(largest, std::fabs(g));
  }
  REQUIRE(found > 0);
  return largest;
}

/// Bytes that a training step holds at its worst moment.
std::size_t peak_of(const LossOptions& losses) {
  TinyProblem problem(tiny(), losses);
  StepArena arena(*problem.backend);
  Tape tape(*problem.backend, arena, true);
  static_cast<void>(problem.forward(tape));
  tape.backward();
  return arena.peak_bytes();
}

}  // namespace

TEST_CASE("every term counts by default") {
  TinyProblem problem(tiny());
  const std::vector<float> terms = problem.differentiate();
  for (const float term : terms) CHECK(term > 0.0f);
  const float total = fetch(*problem.backend, problem.total())[0];
  CHECK(total == doctest::Approx(terms[0] + terms[1] + terms[2] + 0.1f * terms[3]).epsilon(1e-6));
  for (const char* part : {"bottleneck.", "memory.prototypes", "memory.fuse", "restoration.", "identity."}) {
    CAPTURE(part);
    CHECK(largest_gradient(problem, part) > 0.0f);
  }
}

TEST_CASE("without identity and discrepancy the identity decoder does not run") {
  const LossOptions losses{.identity = 0, .discrepancy = 0};
  CHECK_FALSE(losses.needs_identity());
  TinyProblem problem(tiny(), losses);
  {
    Tape tape(*problem.backend, problem.arena, true);
    const ModelOutput output = problem.forward(tape);
    for (const Variable& level : output.identity) CHECK(level == nullptr);
    for (const Variable& level : output.restored) CHECK(level != nullptr);
    tape.clear();
  }
  const std::vector<float> before =
      fetch(*problem.backend, problem.model.trained().find("identity.layer1.0.bn1.running_mean")->view.value);
  const std::vector<float> terms = problem.differentiate();
  CHECK(terms[kIdentityLoss] == 0.0f);
  CHECK(terms[kDiscrepancyLoss] == 0.0f);
  CHECK(fetch(*problem.backend, problem.total())[0] ==
        doctest::Approx(terms[kRestorationLoss] + 0.1f * terms[kClassLoss]).epsilon(1e-6));
  CHECK(largest_gradient(problem, "identity.") == 0.0f);
  CHECK(largest_gradient(problem, "restoration.") > 0.0f);
  CHECK(fetch(*problem.backend, problem.model.trained().find("identity.layer1.0.bn1.running_mean")->view.value) ==
        before);
  CHECK(peak_of(losses) < peak_of({}));
}

TEST_CASE("without identity decoder its losses are not asked for") {
  ModelOptions options = tiny();
  options.identity = false;
  TinyProblem problem(options);
  const std::vector<float> terms = problem.differentiate();
  CHECK(terms[kIdentityLoss] == 0.0f);
  CHECK(terms[kDiscrepancyLoss] == 0.0f);
  CHECK(terms[kRestorationLoss] > 0.0f);
  CHECK(terms[kClassLoss] > 0.0f);
}

TEST_CASE("without class loss only the read pulls on the prototypes") {
  ModelOptions options = tiny();
  TinyProblem with(options, {0, 1.0f, 0, 0.1f}), without(options, {0, 1.0f, 0, 0});
  CHECK(with.differentiate()[kClassLoss] > 0.0f);
  CHECK(without.differentiate()[kClassLoss] == 0.0f);
  // Only the identity decoder is trained: nothing but the class loss reads the memory.
  CHECK(largest_gradient(with, "memory.prototypes") > 0.0f);
  CHECK(largest_gradient(without, "memory.prototypes") == 0.0f);
  CHECK(largest_gradient(without, "memory.fuse") == 0.0f);
  CHECK(largest_gradient(without, "restoration.") == 0.0f);
  CHECK(largest_gradient(without, "bottleneck.") > 0.0f);
}

TEST_CASE("without memory there is no vote and no class term") {
  ModelOptions options = tiny();
  options.memory = false;
  TinyProblem problem(options);
  {
    Tape tape(*problem.backend, problem.arena, true);
    const ModelOutput output = problem.forward(tape);
    CHECK(output.mass == nullptr);
    CHECK(output.attention == nullptr);
    CHECK(output.zr == output.z);
    tape.clear();
  }
  CHECK(problem.differentiate()[kClassLoss] == 0.0f);
}

TEST_CASE("without restoration loss the restoration decoder follows the discrepancy alone") {
  TinyProblem problem(tiny(), {.restoration = 0});
  CHECK(problem.differentiate()[kRestorationLoss] == 0.0f);
  CHECK(largest_gradient(problem, "restoration.") > 0.0f);
}

TEST_CASE("with all weights 0 nothing moves") {
  TinyProblem problem(tiny(), {0, 0, 0, 0});
  for (const float term : problem.differentiate()) CHECK(term == 0.0f);
  CHECK(fetch(*problem.backend, problem.total())[0] == 0.0f);
  CHECK(largest_gradient(problem, "") == 0.0f);
}
