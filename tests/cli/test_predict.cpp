// predict as a part of other programs: lists on standard input, results while they come, JSON, gates.
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/fixtures.h"
#include "data/image.h"

using namespace mdd::test;

namespace {

const fs::path& metal() {
  static const fs::path path = small_data_set() / "metal" / "test" / "good" / "000.png";
  return path;
}

const fs::path& fabric() {
  static const fs::path path = small_data_set() / "fabric" / "test" / "good" / "000.png";
  return path;
}

Words predict_command(const fs::path& run, const Words& more) {
  Words words{"predict", "--model", run.string()};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// predict of a list.
Outcome predict_list(const std::string& list, const Words& more = {}) {
  const fs::path path = fresh_path("list");
  write_bytes(path, list);
  Launch launch;
  launch.standard_input = path.string();
  Words words = predict_command(trained_run(), {"-"});
  words.insert(words.end(), more.begin(), more.end());
  return mddnet(words, launch);
}

/// The trained run with other calibration scores for all classes, and perhaps without scales.
fs::path run_with_scores(const std::vector<double>& scores, bool scales = true) {
  fs::path run = copy_of(trained_run());
  Json thresholds = read_json(run / "thresholds.json");
  for (auto& [name, entry] : thresholds["classes"].items()) {
    entry["scores"] = scores;
    if (!scales) entry.erase("scale");
  }
  write_bytes(run / "thresholds.json", thresholds.dump());
  return run;
}

std::vector<Json> parsed(const std::string& lines) {
  std::vector<Json> out;
  for (const std::string& line : lines_of(lines)) out.push_back(Json::parse(line));
  return out;
}

}  // namespace

TEST_CASE("a list on standard input, of files and folders, gives what arguments give") {
  const std::string folder = (small_data_set() / "metal" / "test").string();
  const Outcome expected = mddnet(predict_command(trained_run(), {fabric().string(), folder, "--batch", "1"}));
  CHECK_SUCCEEDED(expected);
  REQUIRE(lines_of(expected.out).size() == 3);
  const std::string first = fabric().string();
  CHECK(predict_list(first + "\n\n" + folder, {"--batch", "1"}).out == expected.out);
  const Outcome separated = predict_list(first + std::string(1, '\0') + folder + std::string(1, '\0'),
                                         {"--batch", "1", "--null", "--lines", "json"});
  CHECK_SUCCEEDED(separated);
  const std::vector<Json> images = parsed(separated.out);
  REQUIRE(images.size() == 3);
  CHECK(images[0]["path"] == first);
  for (const char* part : {"model ", "classes fabric, metal", "fabric 5, metal 5", "1 in 6", "45 %"}) {
    CAPTURE(part);
    CHECK(separated.err.find(part) != std::string::npos);
  }
}

TEST_CASE("results come while the list is still being written, and a signal ends it with everything kept") {
  const fs::path pipe = fresh_path("pipe"), json = fresh_path("results.json");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const int writer = ::open(pipe.c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(writer >= 0);
  const auto write_line = [&](const fs::path& path) {
    const std::string line = path.string() + "\n";
    CHECK(::write(writer, line.data(), line.size()) == std::ssize(line));
  };
  Launch launch;
  launch.standard_input = pipe.string();
  launch.timeout = std::chrono::seconds(120);
  Program program(predict_command(trained_run(), {"-", "--json", json.string()}), launch);
  for (const fs::path& path : {metal(), fabric()}) {
    write_line(path);
    CHECK(program.wait_for_output_text(path.string() + "\t"));
  }
  program.send(SIGINT);
  const Outcome outcome = program.wait();
  ::close(writer);
  CHECK(outcome.code == 130);
  CHECK(complaints(outcome.err).size() == 1);
  CHECK(read_json(json)["images"].size() == 2);
}

TEST_CASE("lists that are empty, or lead astray") {
  CHECK(predict_list("").code == 3);
  CHECK(predict_list("\n\n").err.find("standard input: list of paths: expected a path, found none") !=
        std::string::npos);
  const std::string good = metal().string();
  const Outcome missing = predict_list(good + "\nno/such.png\n" + good + "\n", {"--lines", "json"});
  CHECK(missing.code == 3);
  CHECK(complaints(missing.err).size() == 2);
  const std::vector<Json> images = parsed(missing.out);
  REQUIRE(images.size() == 3);
  std::size_t errors = 0;
  for (const Json& image : images) {
    errors += image.contains("error") ? 1 : 0;
    CHECK(image["path"] == (image.contains("error") ? "no/such.png" : good));
  }
  CHECK(errors == 1);
  // Only the part before the zero byte would reach the operating system.
  const Outcome cut = predict_list(good + std::string(1, '\0') + "junk\n");
  CHECK(cut.code == 3);
  CHECK(cut.out.empty());
  CHECK(cut.err.find("--null") != std::string::npos);
  const Outcome longest = predict_list(std::string(200000, 'x') + "\n" + good);
  CHECK(longest.code == 3);
  CHECK(longest.err.find("at most 4096 bytes") != std::string::npos);
  CHECK(lines_of(longest.out).size() == 1);
  Launch folder;
  folder.standard_input = small_data_set().string();
  CHECK(mddnet(predict_command(trained_run(), {"-"}), folder).err.find("cannot read standard input") !=
        std::string::npos);
  CHECK_REFUSED(mddnet(predict_command(trained_run(), {"--null", good})), 2, "--null");
}

TEST_CASE("regions are told in the photograph's own pixels") {
  const fs::path wide = fresh_path("wide.png"), json = fresh_path("results.json");
  write_bytes(wide, encode_png({300, 90, 8, 0}));
  const Outcome outcome = predict(run_with_scores({1e-6}), wide, {"--json", json.string(), "--fpr", "0.5"});
  CHECK_SUCCEEDED(outcome);
  const Json results = read_json(json), image = results["images"][0];
  CHECK(results["false_positive_rate"] == 0.5);
  CHECK(image["width"] == 300);
  CHECK(image["height"] == 90);
  CHECK(image["verdict"] == "defect");
  CHECK(image["rate_resolved"] == true);
  REQUIRE(image["regions"].size() == 1);  // all of it
  const Json region = image["regions"][0];
  CHECK(region["box"] == Json{{"x", 0}, {"y", 0}, {"width", 300}, {"height", 90}});
  CHECK(region["area"] == 27000.0);
  CHECK(region["map_area"] == 4096);
  CHECK(region["peak"] == image["score"]);
  CHECK(outcome.out.find("\t1\t300x90+0+0\n") != std::string::npos);
}

TEST_CASE("a gate: exit 5 if there is a defect, 3 if an image cannot be read, refused where no verdict can come") {
  const std::string image = metal().string();
  CHECK_REFUSED(predict(run_with_scores({1e-6}), image, {"--fail-on-defect"}), 5, "1 of 1 images are defective");
  CHECK_SUCCEEDED(predict(run_with_scores({1000.0}), image, {"--fail-on-defect"}));
  CHECK(predict(run_with_scores({1e-6}), image, {"no/such.png", "--fail-on-defect"}).code == 3);
  const fs::path unfinished = copy_of(trained_run());
  fs::remove(unfinished / "thresholds.json");
  const Outcome refused = predict(unfinished, image, {"--fail-on-defect"});
  CHECK_REFUSED(refused, 2, "--fail-on-defect");
  CHECK(refused.out.empty());
}

TEST_CASE("places that cannot be written are found before anything is scored") {
  const fs::path obstacle = fresh_path("obstacle");
  write_bytes(obstacle, "in the way");
  for (const char* option : {"--json", "--out"}) {
    CAPTURE(option);
    const std::string inside = (obstacle / "inside").string();
    const Outcome outcome = predict(trained_run(), metal(), {option, inside});
    CHECK_REFUSED(outcome, 1, inside);
    CHECK(outcome.out.empty());
  }
}

TEST_CASE("heat maps keep their scale, whatever the wanted rate, with a file of an earlier version too") {
  const auto heat_map = [](const fs::path& run, const char* rate) {
    const fs::path out = fresh_path("overlays");
    CHECK_SUCCEEDED(predict(run, metal(), {"--out", out.string(), "--fpr", rate, "--quiet"}));
    const mdd::data::Image panel = mdd::data::load_image(out / "000_overlay.png");
    std::vector<std::uint8_t> pixels;  // the middle picture
    for (std::int64_t y = 0; y < 64; ++y) {
      const auto row = panel.pixels.begin() + (y * panel.width + 68) * 3;
      pixels.insert(pixels.end(), row, row + std::ptrdiff_t{64} * 3);
    }
    return pixels;
  };
  const std::vector<double> scores{0.2, 0.5, 1.0};
  const auto usual = heat_map(run_with_scores(scores, false), "0");
  CHECK((usual == heat_map(run_with_scores(scores, false), "0.7")));
  const fs::path other = copy_of(trained_run());  // its own scale, stored
  CHECK((usual != heat_map(other, "0")));
}
