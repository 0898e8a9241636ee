// Statistics, variants, records and reports of an ablation.
#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "ablate/report.h"
#include "ablate/run_record.h"
#include "ablate/runner.h"
#include "core/error.h"
#include "support/temporary_folder.h"

using namespace mdd;
using namespace mdd::ablate;
using Json = nlohmann::json;

namespace {

report::Results results_of(double value) {
  report::ClassResult row;
  row.name = "metal";
  row.metrics = {value, value, value, value, value, value, value, std::nullopt, 10};
  return {{row}};
}

Run run_of(const std::string& variant, std::uint64_t seed, Value value) {
  Run run;
  run.seed = seed;
  run.folder = run.model = std::filesystem::path(variant) / ("seed-" + std::to_string(seed));
  if (value) run.metrics = results_of(*value);
  if (!value) run.failure = "disk full";
  run.training_seconds = 10;
  run.scoring_seconds = 2;
  return run;
}

VariantResults variant_of(const std::string& name, const std::vector<Value>& values) {
  VariantResults out;
  out.variant = {name, name == "full" ? "" : "--no-memory", "what it is"};
  out.config.class_names = {"metal"};
  for (std::size_t i = 0; i < values.size(); ++i) out.runs.push_back(run_of(name, i, values[i]));
  return out;
}

/// Two seeds; the second run of the second variant failed.
Ablation small_ablation() {
  return {{0, 1}, {variant_of("full", {0.90, 0.92}), variant_of("plain", {0.80, std::nullopt})}};
}

std::string usage_error(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    return error.what();
  }
  return "";
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) out.push_back(line);
  return out;
}

}  // namespace

TEST_CASE("mean and sample standard deviation") {
  const std::vector<Value> values{2.0, 4.0, 9.0};
  const Summary s = summarise(values);
  CHECK(s.count == 3);
  CHECK(s.mean.value() == doctest::Approx(5.0));
  CHECK(s.deviation.value() == doctest::Approx(std::sqrt((9.0 + 1.0 + 16.0) / 2.0)));
  // Large values that differ little: the sum of squares would lose them.
  CHECK(summarise(std::vector<Value>{1e9, 1e9 + 1}).deviation.value() == doctest::Approx(std::sqrt(0.5)));
}

TEST_CASE("undefined values are left out, and what cannot be said is not said") {
  const Summary some = summarise(std::vector<Value>{std::nullopt, 3.0, 5.0, std::nullopt});
  CHECK(some.count == 2);
  CHECK(some.mean.value() == 4.0);
  CHECK(some.deviation.value() == doctest::Approx(std::sqrt(2.0)));
  const Summary one = summarise(std::vector<Value>{std::nullopt, 3.0});
  CHECK(one.count == 1);
  CHECK(one.mean.value() == 3.0);
  CHECK_FALSE(one.deviation.has_value());
  CHECK_FALSE(summarise(std::vector<Value>{std::nullopt}).mean.has_value());
  CHECK(summarise({}).count == 0);
}

TEST_CASE("differences are paired by seed") {
  // Seeds differ far more than variants do: paired, the difference has no spread at all.
  const std::vector<Value> base{0.5, 0.7, 0.9, 0.1}, values{0.6, 0.8, 1.0, std::nullopt};
  const auto differences = paired_differences(values, base);
  CHECK_FALSE(differences[3].has_value());
  const Summary s = summarise(differences);
  CHECK(s.count == 3);
  CHECK(s.mean.value() == doctest::Approx(0.1));
  CHECK(s.deviation.value() == doctest::Approx(0.0));
  CHECK_THROWS_AS(static_cast<void>(paired_differences(values, std::vector<Value>{0.5})), Error);
}

TEST_CASE("built-in variants and suites") {
  std::set<std::string> names;
  for (const Variant& variant : built_in_variants()) {
    CAPTURE(variant.name);
    CHECK(names.insert(variant.name).second);
    CHECK_FALSE(variant.explanation.empty());
    CHECK(variant.explanation.find('\n') == std::string::npos);
    CHECK((variant.name == kBaseVariant) == variant.switches.empty());
    CHECK(list_of_variants().find("  " + variant.name + " ") != std::string::npos);
  }
  for (const Suite& suite : built_in_suites()) {
    CAPTURE(suite.name);
    CHECK(suite.variants.front() == kBaseVariant);
    CHECK_NOTHROW(static_cast<void>(choose_variants(variants_of_suite(suite.name), {})));
  }
  CHECK(variants_of_suite("all").size() == built_in_variants().size());
  CHECK(variants_of_suite("paper").size() == 5);
}

TEST_CASE("the base comes first, own variants last, each once") {
  const std::vector<Variant> own{parse_variant("mine=--temperature 0.2 --slots 20"), parse_variant("empty=")};
  CHECK(own[0].name == "mine");
  CHECK(own[0].switches == "--temperature 0.2 --slots 20");
  std::string order;
  for (const Variant& v : choose_variants(std::vector<std::string>{"plain", "empty", "full", "plain"}, own)) {
    order += v.name + " ";
  }
  CHECK(order == "full plain empty mine ");
}

TEST_CASE("names that lead elsewhere, are taken or unknown") {
  for (const char* text : {"", "mine", "=--slots 3", "../up=--slots 3", "a/b=--slots 3", ".hidden=", "a b=--slots 3",
                           "-x=--slots 3", "ablation.json=--slots 3"}) {
    CAPTURE(text);
    CHECK(usage_error([&] { static_cast<void>(parse_variant(text)); }).find("--variant: expected NAME=") == 0);
  }
  CHECK_FALSE(usage_error([] { static_cast<void>(parse_variant(std::string(65, 'a') + "=")); }).empty());
  CHECK(usage_error([] { static_cast<void>(parse_variant("full=--slots 3")); }).find("new name") != std::string::npos);
  const std::vector<Variant> twice{{"a", "", ""}, {"a", "--slots 3", ""}};
  CHECK(usage_error([&] { static_cast<void>(choose_variants({}, twice)); }).find("twice") != std::string::npos);
  const std::vector<std::string> unknown{"no-such"};
  const std::string text = usage_error([&] { static_cast<void>(choose_variants(unknown, {})); });
  CHECK(text.find("no-memory, no-identity") != std::string::npos);
  CHECK(text.find("'no-such'") != std::string::npos);
  CHECK(usage_error([] { static_cast<void>(variants_of_suite("x")); }).find("paper, memory") != std::string::npos);
}

TEST_CASE("epochs for a number of steps") {
  data::Dataset dataset;
  dataset.class_names = {"a", "b"};
  const auto add = [&](int class_index, int count) {
    for (int i = 0; i < count; ++i) dataset.train.push_back({"x", class_index, 0, "good", {}});
  };
  add(0, 25);                                     // 5 are held out
  add(1, 12);                                     // too few to hold any out
  CHECK(epochs_for_steps(dataset, 8, 40) == 10);  // 4 steps of 8 an epoch
  CHECK(epochs_for_steps(dataset, 8, 41) == 10);
  CHECK(epochs_for_steps(dataset, 8, 42) == 11);
  CHECK(epochs_for_steps(dataset, 8, 1) == 1);
  CHECK(epochs_for_steps(dataset, 100, 7) == 7);  // one batch of all
}

TEST_CASE("tables") {
  const auto lines = lines_of(text_report(small_ablation()));
  REQUIRE(lines.size() == 8);
  CHECK(lines[0].find("variant  seeds") == 0);
  CHECK(lines[0].find("I-AUROC") != std::string::npos);
  CHECK(lines[2].find("full") == 0);
  CHECK(lines[2].find("91.0 ± 1.4") != std::string::npos);
  CHECK(lines[2].find("     12") == lines[2].size() - 7);  // 10 s of training, 2 s of scoring
  CHECK(lines[3].find("plain        1") == 0);
  CHECK(lines[3].find("80.0") != std::string::npos);
  CHECK(lines[3].find("±") == std::string::npos);  // one seed has no deviation
  CHECK(lines[5].find("minus full") == 0);
  CHECK(lines[7].find("-10.0") != std::string::npos);  // against seed 0 of the base, not against its mean
  // Aligned on a screen, where the sign in the middle is one column of two bytes.
  const auto columns = [](const std::string& line) {
    return std::count_if(line.begin(), line.end(),
                         [](char c) { return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u; });
  };
  CHECK(columns(lines[0]) == columns(lines[1]));
  CHECK(columns(lines[1]) == columns(lines[2]));
  CHECK(columns(lines[2]) == columns(lines[3]));

  Ablation nothing = small_ablation();
  nothing.variants.pop_back();
  nothing.variants[0].runs[0].metrics.reset();
  nothing.variants[0].runs[1].metrics.reset();
  const auto empty = lines_of(text_report(nothing));
  REQUIRE(empty.size() == 3);
  CHECK(empty[2].find("full         0        -") == 0);
}

TEST_CASE("Markdown and JSON") {
  const Provenance provenance{"mddnet ablate", "2026-01-02T03:04:05Z", "mddnet 1", "a machine", "data: 1 class"};
  const std::string markdown = markdown_report(small_ablation(), provenance);
  for (const char* part : {"    mddnet ablate\n", "2026-01-02T03:04:05Z", "a machine", "91.0 ± 1.4", "`--no-memory`",
                           "- plain/seed-1: disk full"}) {
    CAPTURE(part);
    CHECK(markdown.find(part) != std::string::npos);
  }
  const Json json = Json::parse(json_report(small_ablation(), provenance));
  CHECK(json["base"] == "full");
  CHECK(json["seeds"] == Json{0, 1});
  CHECK(json["command"] == "mddnet ablate");
  const Json& full = json["variants"][0];
  CHECK(full["summary"]["mad"]["mean"].get<double>() == doctest::Approx(0.91));
  CHECK(full["summary"]["mad"]["seeds"] == 2);
  CHECK(full["summary"]["vote_accuracy"]["mean"].is_null());
  CHECK(full["classes"]["metal"]["aupro"]["deviation"].get<double>() == doctest::Approx(0.02 / std::sqrt(2.0)));
  CHECK(full["runs"][1]["metrics"]["classes"]["metal"]["image_auroc"] == 0.92);
  const Json& plain = json["variants"][1];
  CHECK(plain["difference"]["pixel_ap"]["mean"].get<double>() == doctest::Approx(-0.1));
  CHECK(plain["difference"]["pixel_ap"]["deviation"].is_null());
  CHECK(plain["runs"][1]["metrics"].is_null());
  CHECK(plain["runs"][1]["failure"] == "disk full");
  CHECK(plain["config"]["class_names"] == Json{"metal"});
}

TEST_CASE("records come back whole, for the same key alone") {
  const test::TemporaryFolder folder;
  const ScoreKey key{R"({"slots": 3})", "train", "test"};
  Run written = run_of("full", 0, 0.5), read = run_of("full", 0, std::nullopt);
  written.machine = "a machine";
  CHECK_FALSE(read_run_record(folder.path(), key, read));
  write_run_record(folder.path(), key, written);
  for (const ScoreKey& other : {ScoreKey{R"({"slots": 4})", "train", "test"}, ScoreKey{key.config, "x", "test"},
                                ScoreKey{key.config, "train", "x"}}) {
    CHECK_FALSE(read_run_record(folder.path(), other, read));
  }
  CHECK_FALSE(read.metrics.has_value());
  REQUIRE(read_run_record(folder.path(), key, read));
  CHECK(read.machine == "a machine");
  CHECK(read.training_seconds == 10);
  CHECK(read.metrics->classes[0].name == "metal");
  CHECK(read.metrics->mean().mad == written.metrics->mean().mad);
  CHECK_FALSE(read.metrics->classes[0].metrics.vote_accuracy.has_value());
  CHECK(read.metrics->classes[0].metrics.images == 10);
  for (const char* damaged : {"", "[", "[]", "{}", R"({"classes": {"metal": 3}})"}) {
    CAPTURE(damaged);
    std::ofstream(folder / "metrics.json") << damaged;
    CHECK_FALSE(read_run_record(folder.path(), key, read));
  }
  remove_run_record(folder.path());
  CHECK_NOTHROW(remove_run_record(folder.path()));
}

TEST_CASE("seconds of a log, damaged lines passed over") {
  const test::TemporaryFolder folder;
  CHECK(logged_seconds(folder / "log.jsonl", 8) == 0);
  std::ofstream(folder / "log.jsonl") << R"({"step": 1, "images_per_second": 4})"
                                      << "\n"
                                      << R"({"event": "epoch", "seconds": 99})"
                                      << "\n{\n[1]\n"
                                      << R"({"step": 2, "images_per_second": null})"
                                      << "\n"
                                      << R"({"step": 2, "images_per_second": 16.0})"
                                      << "\n";
  CHECK(logged_seconds(folder / "log.jsonl", 8) == doctest::Approx(2.5));
}
