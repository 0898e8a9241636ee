#include <algorithm>
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "report/metrics_json.h"
#include "report/metrics_table.h"

using namespace mdd;
using namespace mdd::report;

namespace {

ClassResult result(const std::string& name, double value, std::int64_t images) {
  ClassResult out;
  out.name = name;
  out.metrics = {value, value, value, value, value, value, value, 1.0, images};
  return out;
}

Results two_classes() {
  Results results{{result("metal", 0.5, 10), result("wood", 1.0, 4)}};
  results.classes[1].metrics.pixel_ap = std::nullopt;
  return results;
}

}  // namespace

TEST_CASE("the JSON holds exactly the keys that scripts rely on") {
  const auto json = nlohmann::json::parse(metrics_json(two_classes()));
  const std::set<std::string> keys{"image_auroc", "image_ap", "image_f1max",   "pixel_auroc", "pixel_ap",
                                   "pixel_f1max", "aupro",    "vote_accuracy", "images"};
  CHECK(json.size() == 2);
  CHECK(json["classes"].size() == 2);
  std::set<std::string> found;
  for (const auto& [key, value] : json["classes"]["wood"].items()) found.insert(key);
  CHECK(found == keys);
  found.clear();
  for (const auto& [key, value] : json["mean"].items()) found.insert(key);
  std::set<std::string> with_mad = keys;
  with_mad.insert("mad");
  CHECK(found == with_mad);
  CHECK(json["classes"]["metal"]["image_auroc"] == 0.5);
  CHECK(json["classes"]["metal"]["images"] == 10);
  CHECK(json["classes"]["wood"]["pixel_ap"].is_null());
  CHECK(json["mean"]["pixel_ap"] == 0.5);
  CHECK(json["mean"]["aupro"] == 0.75);
  CHECK(json["mean"]["images"] == 14);
  CHECK(json["mean"]["mad"].get<double>() == doctest::Approx((6 * 0.75 + 0.5) / 7.0));
}

TEST_CASE("the JSON of the ADer variants, of nothing, and of odd class names") {
  Results results = two_classes();
  results.classes[0].ader = eval::AderRow{0.25, std::nullopt};
  auto json = nlohmann::json::parse(metrics_json(results));
  CHECK(json["classes"]["metal"]["ader"]["aupro"] == 0.25);
  CHECK(json["classes"]["metal"]["ader"]["pixel_f1max"].is_null());
  CHECK_FALSE(json["mean"].contains("ader"));
  results.classes[1].ader = eval::AderRow{0.75, 0.5};
  json = nlohmann::json::parse(metrics_json(results));
  CHECK(json["mean"]["ader"]["aupro"] == 0.5);
  CHECK(json["mean"]["ader"]["pixel_f1max"] == 0.5);

  json = nlohmann::json::parse(metrics_json({}));
  CHECK(json["classes"].is_object());
  CHECK(json["classes"].empty());
  CHECK(json["mean"]["mad"].is_null());

  json = nlohmann::json::parse(metrics_json({{result("a\"b\\\xff", 1.0, 1)}}));
  CHECK(json["classes"].size() == 1);
}

TEST_CASE("the table: aligned, one decimal, a dash where nothing is defined") {
  const std::string table = metrics_table(two_classes());
  std::istringstream lines(table);
  std::vector<std::string> rows;
  for (std::string line; std::getline(lines, line);) rows.push_back(line);
  REQUIRE(rows.size() == 7);
  for (std::size_t i = 0; i < 6; ++i) CHECK(rows[i].size() == rows[0].size());
  CHECK(rows[0] == "class  I-AUROC   I-AP  I-F1max  P-AUROC  P-AP  P-F1max  AUPRO   vote  images");
  CHECK(rows[2] == "metal     50.0   50.0     50.0     50.0  50.0     50.0   50.0  100.0      10");
  CHECK(rows[3] == "wood     100.0  100.0    100.0    100.0     -    100.0  100.0  100.0       4");
  CHECK(rows[5].substr(0, 14) == "mean      75.0");
  CHECK(rows[6] == "mAD 71.4");
}

TEST_CASE("the table with the ADer columns, and without any class") {
  Results results = two_classes();
  results.classes[0].ader = eval::AderRow{0.25, std::nullopt};
  CHECK(metrics_table(results).find("AUPRO-50") == std::string::npos);  // one class has no variants
  results.classes[1].ader = eval::AderRow{0.75, 0.5};
  const std::string table = metrics_table(results);
  CHECK(table.find("AUPRO-50  P-F1-21") != std::string::npos);
  CHECK(table.find("25.0        -\n") != std::string::npos);
  CHECK(metrics_table({}).find("mAD -\n") != std::string::npos);
}
