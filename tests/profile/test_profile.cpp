#include <algorithm>
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <set>

#include "cpu/cpu_backend.h"
#include "profile/machine_rates.h"
#include "profile/problem.h"
#include "profile/profile_report.h"
#include "reference/check.h"

using namespace mdd;

namespace {

ProfileRow row(const char* range, const char* operation, double seconds, const Cost& cost) {
  return {.range = range, .operation = operation, .calls = 2, .seconds = seconds, .cost = cost};
}

double total(const std::vector<ProfileRow>& rows, double Cost::*part) {
  double sum = 0;
  for (const ProfileRow& r : rows) sum += r.cost.*part;
  return sum;
}

}  // namespace

TEST_CASE("a timed backend computes what the one behind it computes, and tells of every operation") {
  const auto cpu = make_cpu_backend();
  TimedBackend timed(*cpu);
  std::set<std::string> heard;
  timed.set_listener([&](const char* operation, const Cost& cost, double seconds) {
    heard.insert(operation);
    CHECK(cost.operations >= 0.0);
    CHECK(cost.bytes >= 0.0);
    CHECK(seconds >= 0.0);
  });
  for (const reference::CheckRow& checked : reference::check_backend(timed, 1, {.small_only = true})) {
    CAPTURE(checked.operation);
    CAPTURE(checked.quantity);
    CHECK(checked.passed());
  }
  CHECK(heard.size() == 46);  // all that compute or move something: all but synchronize and forget_packed_filters
  timed.set_listener({});
  heard.clear();
  CHECK(reference::check_backend(timed, 1, {.only = "add"}).size() > 0);
  CHECK(heard.empty());
}

TEST_CASE("costs of convolutions: every weight meets every strided position, in all six operations alike") {
  const auto cpu = make_cpu_backend();
  TimedBackend timed(*cpu);
  std::vector<std::pair<std::string, Cost>> heard;
  timed.set_listener([&](const char* operation, const Cost& cost, double) { heard.emplace_back(operation, cost); });
  const ConvolutionGeometry geometry{3, 2, 1};
  const Buffer wide(*cpu, 2 * 8 * 8 * 5 * 4), strided(*cpu, 2 * 4 * 4 * 7 * 4), weights(*cpu, 7 * 3 * 3 * 5 * 4);
  const Tensor x{wide.data(), DType::kF32, {2, 8, 8, 5}}, y{strided.data(), DType::kF32, {2, 4, 4, 7}};
  const Tensor w{weights.data(), DType::kF32, {7, 3, 3, 5}};
  for (const Tensor& tensor : {x, y, w}) timed.fill(tensor, 0.5f);
  heard.clear();
  timed.convolution_forward(geometry, x, {w, false}, {}, y);
  timed.convolution_backward_data(geometry, y, w, x, WriteMode::kOverwrite);
  timed.convolution_backward_weights(geometry, x, y, w);
  const ConvolutionGeometry doubling{2, 2, 0};
  const Tensor t{weights.data(), DType::kF32, {7, 2, 2, 5}};
  timed.transposed_convolution_forward(doubling, y, {t, false}, {}, x);
  timed.transposed_convolution_backward_data(doubling, x, t, y, WriteMode::kOverwrite);
  timed.transposed_convolution_backward_weights(doubling, y, x, t);
  REQUIRE(heard.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) {
    CAPTURE(heard[i].first);
    CHECK(heard[i].second.operations == 2.0 * 2 * 4 * 4 * 7 * 5 * (i < 3 ? 9 : 4));
    CHECK(heard[i].second.bytes == 4.0 * (2 * 8 * 8 * 5 + 2 * 4 * 4 * 7 + 7 * 5 * (i < 3 ? 9 : 4)));
  }
}

TEST_CASE("a profile of a training step: every layer under its phase, nothing outside, ranges closed") {
  const auto cpu = make_cpu_backend();
  TimedBackend timed(*cpu);
  const Problem problem({.encoder = "tiny_basic", .side = 64, .batch = 2, .batches = 1}, 1);
  Learner learner(timed, problem, StepMode::kEager);
  learner.prepare();
  learner.run(1e-5);
  Profiler profiler(timed);
  profiler.start();
  learner.run(1e-5);
  const std::vector<ProfileRow> once = profiler.rows();
  learner.run(1e-5);
  profiler.stop();
  learner.run(1e-5);  // not heard
  const std::vector<ProfileRow> twice = profiler.rows();
  REQUIRE(once.size() == twice.size());
  for (std::size_t i = 0; i < once.size(); ++i) {
    CAPTURE(once[i].range);
    CAPTURE(once[i].operation);
    CHECK(once[i].range.starts_with("training step"));
    CHECK(twice[i].calls == 2 * once[i].calls);
    CHECK(twice[i].cost.bytes == doctest::Approx(2 * once[i].cost.bytes));
  }
  const auto has = [&](const std::string& range, const std::string& operation) {
    return std::any_of(once.begin(), once.end(), [&](const ProfileRow& r) {
      return r.operation == operation && r.range.find(range) != std::string::npos;
    });
  };
  CHECK(has("training step / encoder / ", "convolution_forward"));
  CHECK(has("backward / ", "convolution_backward_weights"));
  CHECK(has("update", "adam_step"));
  CHECK(has("losses", "cosine_flat_forward"));
  CHECK(total(once, &Cost::operations) > 0.0);
}

TEST_CASE("floors, sums by operation, and both kinds of report") {
  const MachineRates rates{100.0, 10.0};
  CHECK(floor_seconds(row("", "", 1.0, {200.0, 5.0}), rates) == 2.0);   // products bound it
  CHECK(floor_seconds(row("", "", 1.0, {200.0, 50.0}), rates) == 5.0);  // bytes do
  const MachineRates filtered{100.0, 10.0, 400.0};
  CHECK(floor_seconds(row("", "", 1.0, {600.0, 5.0, 400.0}), filtered) == 3.0);  // 200 at 100 a second, 400 at 400
  Profile profile{.work = "inference", .encoder = "resnet18", .precision = "f32", .device = "a device"};
  profile.side = 64;
  profile.batch = 1;
  profile.runs = 2;
  profile.rates = rates;
  profile.rows = {row("a", "add", 1.0, {0.0, 10.0}), row("a", "convolution_forward", 6.0, {600.0, 1.0}),
                  row("b", "add", 3.0, {0.0, 30.0})};
  const std::vector<ProfileRow> joined = by_operation(profile.rows);
  REQUIRE(joined.size() == 2);
  CHECK(joined[0].operation == "add");
  CHECK(joined[0].calls == 4);
  CHECK(joined[0].seconds == 4.0);
  CHECK(joined[0].cost.bytes == 40.0);
  const std::string text = profile_text(profile, 1);
  CHECK(text.find("60.0% 3000.000    100%      1") != std::string::npos);  // the convolution: 6 s of 10, at its floor
  CHECK(text.find("a: convolution_forward") != std::string::npos);
  CHECK(text.find("b: add") == std::string::npos);  // beyond the top 1
  const auto json = nlohmann::json::parse(profile_json(profile));
  REQUIRE(json["rows"].size() == 3);
  CHECK(json["rows"][2]["range"] == "b");
  CHECK(json["rows"][2]["seconds"] == 1.5);
  CHECK(json["rows"][2]["floor_seconds"] == 1.5);
}

TEST_CASE("the machine's best rates are positive numbers of a sensible size") {
  const auto cpu = make_cpu_backend();
  const MachineRates rates = measure_rates(*cpu);
  CHECK(rates.operations_per_second > 1e8);
  CHECK(rates.operations_per_second < 1e15);
  CHECK(rates.reducible_operations_per_second > 1e8);
  CHECK(rates.reducible_operations_per_second < 1e15);
  CHECK(rates.strided_operations_per_second > 1e8);
  CHECK(rates.strided_operations_per_second < 1e15);
  CHECK(rates.bytes_per_second > 1e7);
  CHECK(rates.bytes_per_second < 1e14);
}
