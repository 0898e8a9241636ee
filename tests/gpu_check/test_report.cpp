// What a report says: the worst of many, failures before everything else, and text that survives a table.
#include <cmath>
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "bench/gpu_check/report.h"

using namespace mdd::gpu_check;

TEST_CASE("a result keeps what came nearest to its tolerance") {
  Result r;
  CHECK_FALSE(r.passed());  // nothing was compared
  r.add(1e-6, 1e-3, "far");
  r.add(5e-4, 1e-3, "near");
  r.add(8e-4, 1e-2, "larger, but further from its tolerance");
  CHECK(r.passed());
  CHECK(r.where == "near");
  r.add(2e-3, 1e-3, "beyond");
  r.add(9e-3, 1e-2, "within");
  CHECK_FALSE(r.passed());
  CHECK(r.where == "beyond");
  r.add(NAN, 1e-3, "no number");
  r.add(1e9, 1e-3, "a large one");
  CHECK(r.where == "no number");
  CHECK(r.compared == 7);
  CHECK(r.failed == 3);
}

TEST_CASE("where nothing but 0 will do") {
  Result r;
  r.add(0.0, 0.0, "equal");
  CHECK(r.passed());
  r.add(1.0, 0.0, "one");
  r.add(3.0, 0.0, "three");
  CHECK(r.failed == 2);
  CHECK(r.where == "three");
}

TEST_CASE("a report in three forms") {
  Report report;
  report.device = "a \"device\"";
  report.seed = 18446744073709551615u;
  Result fine{.part = "operations", .name = "add", .precision = "f32"}, wrong = fine;
  fine.add(1e-7, 1e-6, "y | z");
  wrong.name = "cast";
  wrong.add(NAN, 1e-6, "out\nof line");
  report.results = {fine, wrong, broken("training", "bf16", "no memory")};
  report.timings = {{.work = "scoring",
                     .encoder = "resnet18",
                     .precision = "f32",
                     .mode = "recorded",
                     .batch = 16,
                     .median_ms = 4,
                     .low_ms = 3,
                     .high_ms = 5}};
  CHECK(report.failed() == 2);

  const auto json = nlohmann::json::parse(to_json(report));
  CHECK(json.at("seed") == 18446744073709551615u);
  CHECK(json.at("failed") == 2);
  CHECK(json.at("results").at(1).at("error").is_null());
  CHECK(json.at("timings").at(0).at("images_per_second") == 4000.0);

  const std::string markdown = to_markdown(report);
  CHECK(markdown.find("y / z") != std::string::npos);
  CHECK(markdown.find("out of line") != std::string::npos);
  CHECK(markdown.find("| scoring | resnet18 | f32 | recorded | 16 | 4.00 | 3.00 .. 5.00 | 4000 |") !=
        std::string::npos);

  const std::string text = summary(report);
  CHECK(text.find("operations") == text.rfind("operations"));  // one line for both
  CHECK(text.find("1 failed, worst: nan > 1.0e-06, cast: out of line") != std::string::npos);
  CHECK(text.find("no memory") != std::string::npos);
  CHECK(text.find("4.00 ms, 4000 images/s") != std::string::npos);
}
