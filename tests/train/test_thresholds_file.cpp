// thresholds.json, there and back, and files that are not it.
#include <limits>

#include "core/atomic_file.h"
#include "inference/thresholds_file.h"
#include "support/temporary_folder.h"
#include "train/refusal.h"

using namespace mdd;
using namespace mdd::test;

TEST_CASE("scores come back to the last bit, in order, with their flag") {
  const TemporaryFolder folder;
  const float tiny = std::numeric_limits<float>::denorm_min(), large = std::numeric_limits<float>::max();
  const Thresholds thresholds{
      {"cable", "nut \"7\" κλάση"},
      {eval::make_calibration({0.3f, 0.1f, 1.0f / 3.0f}, false), eval::make_calibration({tiny, large, -0.5f}, true)}};
  write_thresholds(folder / "t.json", thresholds);
  const Thresholds read = read_thresholds(folder / "t.json", thresholds.class_names);
  CHECK(read.class_names == thresholds.class_names);
  REQUIRE(read.calibrations.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(read.calibrations[i].scores == thresholds.calibrations[i].scores);
    CHECK(read.calibrations[i].optimistic == thresholds.calibrations[i].optimistic);
    CHECK(read.calibrations[i].scale == thresholds.calibrations[i].scale);
  }
}

TEST_CASE("thresholds are found by class name, not by place") {
  const TemporaryFolder folder;
  write_thresholds(folder / "t.json",
                   {{"a", "b"}, {eval::make_calibration({1.0f}, false), eval::make_calibration({2.0f}, true)}});
  const Thresholds read = read_thresholds(folder / "t.json", {"b", "a"});
  CHECK(read.calibrations[0].scores == std::vector<float>{2.0f});
  CHECK(read.calibrations[1].scores == std::vector<float>{1.0f});
}

TEST_CASE("the scale is the stored one; a file of earlier versions has none and gets what its scores give") {
  const TemporaryFolder folder;
  Thresholds thresholds{{"a"}, {eval::make_calibration({1.5f, 0.5f}, false)}};
  CHECK(thresholds.calibrations[0].scale == 3.0f);
  thresholds.calibrations[0].scale = 0.1f;
  write_thresholds(folder / "t.json", thresholds);
  CHECK(read_thresholds(folder / "t.json", {"a"}).calibrations[0].scale == 0.1f);
  write_atomically(folder / "t.json", R"({"classes": {"a": {"scores": [0.5, 1.5], "optimistic": false}}})");
  CHECK(read_thresholds(folder / "t.json", {"a"}).calibrations[0].scale == 3.0f);
}

TEST_CASE("what is no thresholds file is refused, and named") {
  const TemporaryFolder folder;
  const auto path = folder / "t.json";
  const auto refused = [&](const std::string& content, std::initializer_list<std::string> texts) {
    CAPTURE(content);
    write_atomically(path, content);
    check_refused(ErrorKind::kData, texts, [&] { static_cast<void>(read_thresholds(path, {"a"})); });
    check_refused(ErrorKind::kData, {"t.json"}, [&] { static_cast<void>(read_thresholds(path, {"a"})); });
  };
  check_refused(ErrorKind::kData, {"t.json"}, [&] { static_cast<void>(read_thresholds(path, {"a"})); });
  refused("", {"not a thresholds file"});
  refused("{", {"not a thresholds file"});
  refused("[]", {"not a thresholds file"});
  refused("{}", {"not a thresholds file"});
  refused(R"({"classes": {}})", {"classes", "expected 1", "found 0"});
  refused(R"({"classes": ["a"]})", {"class a"});
  refused(R"({"classes": {"b": {"scores": [1], "optimistic": false}}})", {"class a"});
  refused(R"({"classes": {"a": 5}})", {"not a thresholds file"});
  refused(R"({"classes": {"a": {"optimistic": false}}})", {"not a thresholds file", "scores"});
  refused(R"({"classes": {"a": {"scores": [1]}}})", {"not a thresholds file", "optimistic"});
  refused(R"({"classes": {"a": {"scores": "1", "optimistic": false}}})", {"not a thresholds file"});
  refused(R"({"classes": {"a": {"scores": [1, null], "optimistic": false}}})", {"not a thresholds file"});
  refused(R"({"classes": {"a": {"scores": [1], "optimistic": 0}}})", {"not a thresholds file"});
  refused(R"({"classes": {"a": {"scores": [], "optimistic": false}}})", {"scores of class a", "none"});
  refused(R"({"classes": {"a": {"scores": [1e300], "optimistic": false}}})", {"scores of class a", "finite"});
  for (const char* scale : {"0", "-1", "1e300"}) {
    refused(R"({"classes": {"a": {"scores": [1], "optimistic": false, "scale": )" + std::string(scale) + "}}}",
            {"scale of class a", "above 0"});
  }
  refused(R"({"classes": {"a": {"scores": [1], "optimistic": false, "scale": "big"}}})", {"not a thresholds file"});
  refused(R"({"classes": {"a": {"scores": [1e999], "optimistic": false}}})", {"not a thresholds file"});
}
