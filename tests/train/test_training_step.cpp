// One step after another on a fixed batch: learning, skipping, and memory that does not grow.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <unistd.h>

#include "train/training_problem.h"

using namespace mdd;
using namespace mdd::test;

namespace {

#ifndef __SANITIZE_ADDRESS__  // which keeps freed memory for a while
std::int64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}
#endif

}  // namespace

TEST_CASE("thirty steps on one batch: every loss falls") {
  for (const char* encoder : {"tiny_basic", "tiny_bottleneck"}) {
    CAPTURE(encoder);
    TrainingProblem problem(tiny(encoder));
    const StepReport first = problem.train();
    StepReport last;
    for (int i = 1; i < 30; ++i) last = problem.train();
    CHECK(last.total < 0.5f * first.total);
    CHECK(last.terms[kRestorationLoss] < 0.5f * first.terms[kRestorationLoss]);
    CHECK(last.terms[kIdentityLoss] < 0.5f * first.terms[kIdentityLoss]);
    CHECK(last.terms[kClassLoss] < first.terms[kClassLoss]);
    CHECK(last.steps_taken == 30);
    CHECK(last.skipped_total == 0);
    CHECK(first.gradient_norm > 0.0);
  }
}

TEST_CASE("losses are scaled where gradients are stored as f16, whose range is small, and nowhere else") {
  CHECK(loss_scale_for(DType::kF32) == 1.0f);
  CHECK(loss_scale_for(DType::kBF16) == 1.0f);
  CHECK(loss_scale_for(DType::kF16) == 16384.0f);
  TrainingProblem problem;
  CHECK(TrainingStep(problem.model, {}, {.loss_scale = 3.0f}).loss_scale() == 1.0f);  // the caller has no say
}

TEST_CASE("the same steps give the same bits") {
  TrainingProblem a, b;
  for (int i = 0; i < 4; ++i) CHECK(a.train().total == b.train().total);
  CHECK(same_bits(a.values(), b.values()));
  CHECK(same_bits(a.statistics(), b.statistics()));
  CHECK(same_bits(a.moments(), b.moments()));
}

TEST_CASE("the encoder stays as it is") {
  TrainingProblem problem;
  const std::vector<float> values = fetch(*problem.backend, problem.model.frozen().values());
  const std::vector<float> statistics = fetch(*problem.backend, problem.model.frozen().statistics());
  for (int i = 0; i < 3; ++i) static_cast<void>(problem.train());
  CHECK(same_bits(fetch(*problem.backend, problem.model.frozen().values()), values));
  CHECK(same_bits(fetch(*problem.backend, problem.model.frozen().statistics()), statistics));
}

TEST_CASE("a step that meets NaN is skipped and leaves no trace") {
  TrainingProblem problem, undisturbed;
  for (int i = 0; i < 2; ++i) static_cast<void>(problem.train());
  const std::string victim = "bottleneck.reduce1a.conv.weight";
  const float before = problem.poke(victim, 5, NAN);
  const std::vector<float> values = problem.values(), statistics = problem.statistics(), moments = problem.moments();
  for (int skipped = 1; skipped <= 3; ++skipped) {
    const StepReport report = problem.train();
    CHECK(std::isnan(report.total));
    CHECK(report.steps_taken == 2);
    CHECK(report.skipped_in_a_row == skipped);
    CHECK(report.skipped_total == skipped);
    CHECK(same_bits(problem.values(), values));
    CHECK(same_bits(problem.moments(), moments));
    CHECK_FALSE(same_bits(problem.statistics(), statistics));
    problem.step.undo_statistics();
    CHECK(same_bits(problem.statistics(), statistics));
  }
  static_cast<void>(problem.poke(victim, 5, before));
  const StepReport healed = problem.train();
  CHECK(healed.steps_taken == 3);
  CHECK(healed.skipped_in_a_row == 0);
  CHECK(healed.skipped_total == 3);
  // As if nothing had happened.
  for (int i = 0; i < 3; ++i) static_cast<void>(undisturbed.train());
  CHECK(same_bits(problem.values(), undisturbed.values()));
  CHECK(same_bits(problem.statistics(), undisturbed.statistics()));
}

TEST_CASE("an infinite weight skips the step as well, wherever it is") {
  for (const char* name : {"memory.prototypes", "identity.layer3.0.bn2.weight", "restoration.layer1.0.conv1.weight"}) {
    CAPTURE(name);
    TrainingProblem problem;
    static_cast<void>(problem.poke(name, 0, INFINITY));
    const std::vector<float> values = problem.values();
    CHECK(problem.train().skipped_in_a_row == 1);
    CHECK(same_bits(problem.values(), values));
  }
}

TEST_CASE("learning rate 0 moves statistics and moments, not weights") {
  TrainingProblem problem;
  const std::vector<float> values = problem.values(), statistics = problem.statistics(), moments = problem.moments();
  CHECK(problem.train(0.0).steps_taken == 1);
  CHECK(same_bits(problem.values(), values));
  CHECK_FALSE(same_bits(problem.statistics(), statistics));
  CHECK_FALSE(same_bits(problem.moments(), moments));
}

TEST_CASE("after the second step no step asks for memory") {
  TrainingProblem problem;
  for (int i = 0; i < 2; ++i) static_cast<void>(problem.train());
  const std::size_t reserved = problem.step.arena().reserved_bytes();
#ifndef __SANITIZE_ADDRESS__
  for (int i = 0; i < 3; ++i) static_cast<void>(problem.train());
  const std::int64_t resident = resident_bytes();
#endif
  for (int i = 0; i < 50; ++i) {
    static_cast<void>(problem.train());
    CHECK(problem.step.arena().live_bytes() == 0);
    REQUIRE(problem.step.arena().reserved_bytes() == reserved);
  }
#ifndef __SANITIZE_ADDRESS__
  CHECK(resident_bytes() - resident < 1 << 20);
#endif
}
