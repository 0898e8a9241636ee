// log.jsonl: a line a step, a line an epoch, and nothing that a resumed run did not do.
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "support/temporary_folder.h"
#include "train/refusal.h"
#include "train/run_log.h"

using namespace mdd;
using namespace mdd::test;
using Json = nlohmann::json;

namespace {

std::vector<Json> lines_of(const std::filesystem::path& path) {
  std::vector<Json> out;
  const std::string text = read_file(path, 1 << 20);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    REQUIRE(end != std::string::npos);  // every line is whole
    out.push_back(Json::parse(text.substr(at, end - at)));
    at = end + 1;
  }
  return out;
}

StepRecord record(std::int64_t step) {
  StepRecord r;
  r.step = step;
  r.epoch = 1;
  r.learning_rate = 0.005;
  r.images_per_second = 12.5;
  r.report.terms = {0.5f, 0.25f, 0.125f, 2.0f};
  r.report.total = 1.075f;
  r.report.gradient_norm = 3.5;
  r.report.skipped_total = 4;
  return r;
}

}  // namespace

TEST_CASE("every term of a step is in its line, and an epoch has its own") {
  const TemporaryFolder folder;
  RunLog log(folder / "log.jsonl", 0);
  log.step(record(1));
  log.epoch(1, 1, 1.5, 2.25);
  const std::vector<Json> lines = lines_of(folder / "log.jsonl");  // readable while the run goes on
  REQUIRE(lines.size() == 2);
  CHECK(lines[0]["step"] == 1);
  CHECK(lines[0]["epoch"] == 1);
  CHECK(lines[0]["total"].get<float>() == 1.075f);
  CHECK(lines[0]["restoration"] == 0.5);
  CHECK(lines[0]["identity"] == 0.25);
  CHECK(lines[0]["discrepancy"] == 0.125);
  CHECK(lines[0]["class"] == 2.0);
  CHECK(lines[0]["gradient_norm"] == 3.5);
  CHECK(lines[0]["learning_rate"] == 0.005);
  CHECK(lines[0]["skipped"] == 4);
  CHECK(lines[1]["event"] == "epoch");
  CHECK(lines[1]["mean_total"] == 1.5);
}

TEST_CASE("a loss that is no number is null: every line stays valid JSON") {
  const TemporaryFolder folder;
  RunLog log(folder / "log.jsonl", 0);
  StepRecord broken = record(1);
  broken.report.total = NAN;
  broken.report.terms[kClassLoss] = INFINITY;
  broken.report.gradient_norm = NAN;
  log.step(broken);
  const Json line = lines_of(folder / "log.jsonl").at(0);
  CHECK(line["total"].is_null());
  CHECK(line["class"].is_null());
  CHECK(line["gradient_norm"].is_null());
  CHECK(line["identity"] == 0.25);
}

TEST_CASE("a resume drops the lines after its checkpoint, and damaged ones") {
  const TemporaryFolder folder;
  const auto path = folder / "log.jsonl";
  {
    RunLog log(path, 0);
    for (int step = 1; step <= 4; ++step) log.step(record(step));
    log.epoch(1, 4, 1.0, 1.0);
    for (int step = 5; step <= 7; ++step) log.step(record(step));
  }
  write_atomically(path, "not json\n[1]\n{\"step\": \"1\"}\n{\"step\": null}\n{}\n" + read_file(path, 1 << 20) +
                             "{\"step\": 2, \"cut");
  {
    RunLog log(path, 5);
    log.step(record(6));
  }
  const std::vector<Json> lines = lines_of(path);
  std::vector<int> steps;
  int epochs = 0;
  for (const Json& line : lines) line.contains("event") ? void(++epochs) : steps.push_back(line["step"].get<int>());
  CHECK(steps == std::vector<int>{1, 2, 3, 4, 5, 6});
  CHECK(epochs == 1);
}

TEST_CASE("a new run starts a new log") {
  const TemporaryFolder folder;
  write_atomically(folder / "log.jsonl", "{\"step\": 1}\n");
  RunLog log(folder / "log.jsonl", 0);
  CHECK(read_file(folder / "log.jsonl", 100).empty());
}

TEST_CASE("a log that cannot be written is an error that names it") {
  check_refused(ErrorKind::kRuntime, {"/no/such/folder/log.jsonl"}, [] { RunLog("/no/such/folder/log.jsonl", 0); });
}
