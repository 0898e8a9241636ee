// The checks of bench/gpu_check on the emulated backend, where they must pass, and on backends with a planted fault or
// without recordings, where they must not.
#include <doctest/doctest.h>

#include "bench/gpu_check/timings.h"
#include "cpu/cpu_backend.h"
#include "emulated_backend.h"

using namespace mdd;
using namespace mdd::gpu_check;

namespace {

const BackendFactory kEmulated = [](const CudaOptions& options) { return emu::make_emulated_backend(options); };
const BackendFactory kCpu = [](const CudaOptions&) { return make_cpu_backend(); };

CudaOptions in(Precision precision) {
  CudaOptions out;
  out.precision = precision;
  return out;
}

const Problem& problem() {
  static const Problem tiny({.encoder = "tiny_basic", .side = 64, .batch = 2, .batches = 2}, 7);
  return tiny;
}

void check_passed(const std::vector<Result>& results, std::size_t count) {
  CHECK(results.size() == count);
  for (const Result& r : results) {
    CAPTURE(r.part);
    CAPTURE(r.name);
    CAPTURE(r.where);
    CAPTURE(r.error);
    CHECK(r.passed());
  }
}

}  // namespace

TEST_CASE("recorded steps and scores are eager ones, bit for bit") {
  check_passed(check_recorded(kEmulated, in(Precision::kF32), problem(), 6), 2);
  check_passed(check_recorded(kEmulated, in(Precision::kBf16), problem(), 6), 2);
}

TEST_CASE("a backend that cannot record does not pass as one that can") {
  const std::vector<Result> results = check_recorded(kCpu, {}, problem(), 6);
  REQUIRE(results.size() == 2);
  for (const Result& r : results) {
    CHECK(r.failed == 1);
    CHECK(r.where.find("recorded") != std::string::npos);
  }
}

TEST_CASE("the same training twice gives the same bits") {
  check_passed(check_repeated(kEmulated, in(Precision::kF16), problem(), 3), 1);
}

TEST_CASE("training that differs between two backends is seen") {
  int made = 0;
  const BackendFactory alternating = [&](const CudaOptions&) {
    return made++ % 2 == 0 ? kEmulated(in(Precision::kF32)) : kEmulated(in(Precision::kBf16));
  };
  const std::vector<Result> results = check_repeated(alternating, {}, problem(), 2);
  REQUIRE(results.size() == 1);
  CHECK(results[0].failed == 2);  // losses and weights; they are finite
  CHECK(results[0].where.find("first difference at") != std::string::npos);
}

TEST_CASE("losses follow the CPU's in every precision") {
  const std::vector<float> cpu = loss_curve(*make_cpu_backend(), problem(), 4);
  CHECK(cpu.back() < cpu.front());
  for (const Precision precision : {Precision::kF32, Precision::kTf32, Precision::kF16, Precision::kBf16}) {
    check_passed(check_curve(kEmulated, in(precision), problem(), cpu), 1);
  }
}

TEST_CASE("a curve that is off by a little is seen") {
  std::vector<float> wrong = loss_curve(*make_cpu_backend(), problem(), 2);
  wrong[0] *= 1.001f;
  const std::vector<Result> results = check_curve(kCpu, {}, problem(), wrong);
  REQUIRE(results.size() == 1);
  CHECK(results[0].failed == 1);
  CHECK(results[0].where == "step 1");
}

TEST_CASE("every operation is compared, and what cannot run becomes a failed result") {
  const std::vector<Result> results = check_operations(kCpu, {}, 5);
  CHECK(results.size() > 20);
  check_passed(results, results.size());
  const BackendFactory broken_factory = [](const CudaOptions&) -> std::unique_ptr<Backend> {
    fail(ErrorKind::kDevice, "the device has gone");
  };
  const std::vector<Result> none = check_operations(broken_factory, in(Precision::kBf16), 5);
  REQUIRE(none.size() == 1);
  CHECK_FALSE(none[0].passed());
  CHECK(none[0].precision == "bf16");
  CHECK(none[0].where == "the device has gone");
}

TEST_CASE("a shortened problem starts from the same weights and pictures") {
  const Problem less = problem().shortened(1);
  CHECK(less.pictures().size() == 1);
  CHECK(less.pictures()[0].pixels == problem().pictures()[0].pixels);
  CHECK(less.batch(0).count == 1);
  CHECK(less.batch(1).labels == std::vector<std::int32_t>{problem().batch(0).labels[0]});
  const std::unique_ptr<Backend> backend = make_cpu_backend();
  Learner a(*backend, problem(), StepMode::kEager), b(*backend, less, StepMode::kEager);
  CHECK(a.state() == b.state());
  b.prepare();
  b.run(0.005);
  CHECK(a.state() != b.state());
}

TEST_CASE("timings: every kind of work, and none once time is up") {
  TimingOptions options;
  options.encoders = {"tiny_basic"};
  options.precisions = {Precision::kF32};
  options.batches = {2, 1};
  options.side = 64;
  options.seconds_each = 0;
  int heard = 0;
  const auto count = [&](const Timing&) { ++heard; };
  const std::vector<Timing> timings = measure(kCpu, {}, options, 3, count);
  CHECK(heard == 8);
  REQUIRE(timings.size() == 8);
  for (const Timing& t : timings) {
    CAPTURE(t.work);
    CHECK(t.note == "");
    CHECK(t.low_ms > 0);
    CHECK(t.low_ms <= t.median_ms);
    CHECK(t.median_ms <= t.high_ms);
  }
  options.seconds_in_all = -1;
  for (const Timing& t : measure(kCpu, {}, options, 3, count)) CHECK(t.note == "left out: no time");
}
