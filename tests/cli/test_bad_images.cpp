// Images of every kind: odd ones are read, broken ones are named, and what was there before stays as it was.
#include <doctest/doctest.h>

#include "cli/fixtures.h"

using namespace mdd::test;

namespace {

struct BadFile {
  std::string name, bytes;
};

std::vector<BadFile> bad_files() {
  const std::string good = read_bytes(small_data_set() / "metal" / "train" / "good" / "000.png");
  std::string huge = encode_png({1, 1});
  huge.replace(16, 8, std::string("\0\0\xea\x60\0\0\xea\x60", 8));  // 60000 x 60000, as its header says
  return {{"empty.png", ""},
          {"truncated.png", good.substr(0, good.size() / 2)},
          {"huge.png", huge},
          {"text.png", "this is no picture\n"},
          {"text.jpg", "\xff\xd8\xff"},
          {"flipped.png", good.substr(0, 33) + std::string(good.size() - 33, 'x')}};
}

/// Pictures that a decoder may meet in real data.
std::vector<BadFile> odd_files() {
  return {{"grey.png", encode_png({40, 50, 8, 0})},       {"grey_alpha.png", encode_png({40, 50, 8, 4})},
          {"rgba.png", encode_png({64, 64, 8, 6})},       {"deep.png", encode_png({64, 64, 16, 2})},
          {"deep_grey.png", encode_png({30, 20, 16, 0})}, {"dot.png", encode_png({1, 1, 8, 2})},
          {"line.png", encode_png({200, 1, 8, 0})}};
}

}  // namespace

TEST_CASE("training refuses a broken image and names it") {
  for (const BadFile& bad : bad_files()) {
    CAPTURE(bad.name);
    const fs::path data = copy_of(small_data_set()), run = fresh_path("run");
    write_bytes(data / "metal" / "train" / "good" / bad.name, bad.bytes);
    CHECK_REFUSED(train(data, run), 3, bad.name);
    CHECK_FALSE(fs::exists(run / "model.safetensors"));
  }
}

TEST_CASE("a broken image that is met in the middle of a run leaves the checkpoint usable") {
  const fs::path data = copy_of(small_data_set()), run = fresh_path("run");
  CHECK_SUCCEEDED(train(data, run, {{"--epochs", "3"}, {"--max-steps", "2"}}));
  const Snapshot before = snapshot(run);
  const fs::path victim = data / "fabric" / "train" / "good" / "001.png";
  const std::string bytes = read_bytes(victim);
  write_bytes(victim, bytes.substr(0, 100));
  CHECK_REFUSED(train(data, run, {{"--epochs", "3"}, {"--resume", ""}}), 3, "001.png");
  Snapshot after = snapshot(run);
  after["log.jsonl"] = before.at("log.jsonl");  // may have grown by a step
  CHECK(changes(before, after) == "");
  write_bytes(victim, bytes);
  CHECK_SUCCEEDED(train(data, run, {{"--epochs", "3"}, {"--resume", ""}}));
}

TEST_CASE("eval refuses a broken test image or mask, names it, and leaves earlier results") {
  const fs::path json = fresh_path("metrics.json");
  CHECK_SUCCEEDED(evaluate(trained_run(), small_data_set(), {"--json", json.string(), "--quiet"}));
  const std::string before = read_bytes(json);
  for (const BadFile& bad : bad_files()) {
    CAPTURE(bad.name);
    const fs::path data = copy_of(small_data_set());
    write_bytes(data / "metal" / "test" / "good" / bad.name, bad.bytes);
    CHECK_REFUSED(evaluate(trained_run(), data, {"--json", json.string(), "--quiet"}), 3, bad.name);
    CHECK((read_bytes(json) == before));
  }
  const fs::path data = copy_of(small_data_set());
  write_bytes(data / "metal" / "ground_truth" / "rust" / "000_mask.png", "no mask");
  write_bytes(data / "metal" / "test" / "rust" / "000.png", encode_png({64, 64}));
  CHECK_REFUSED(evaluate(trained_run(), data, {"--json", json.string(), "--quiet"}), 3, "000_mask.png");
  CHECK((read_bytes(json) == before));
}

TEST_CASE("predict names every bad image, does the others and exits 3") {
  const fs::path folder = fresh_path("photos"), json = fresh_path("results.json"), out = fresh_path("overlays");
  const auto bad = bad_files();
  for (const BadFile& file : bad) write_bytes(folder / file.name, file.bytes);
  write_bytes(folder / "a_good.png", encode_png({64, 64}));
  write_bytes(folder / "z_good.png", encode_png({64, 64}));
  const std::string missing = (folder / "missing.png").string();
  const Outcome outcome =
      predict(trained_run(), folder, {missing, "--json", json.string(), "--out", out.string(), "--quiet"});
  CHECK(outcome.code == 3);
  const auto lines = complaints(outcome.err);
  CHECK(lines.size() == bad.size() + 2);
  CHECK(lines.back().find("7 of the inputs could not be read; 2 images are done") != std::string::npos);
  for (const BadFile& file : bad) {
    CAPTURE(file.name);
    CHECK(outcome.err.find(file.name + ": ") != std::string::npos);
  }
  CHECK(outcome.err.find("missing.png: ") != std::string::npos);
  CHECK(lines_of(outcome.out).size() == 2);
  CHECK(outcome.out.find("a_good.png") != std::string::npos);
  CHECK(outcome.out.find("z_good.png") != std::string::npos);
  std::size_t errors = 0, scores = 0;
  const Json results = read_json(json);
  for (const Json& image : results["images"]) {
    errors += image.contains("error") ? 1 : 0;
    scores += image.contains("score") ? 1 : 0;
  }
  CHECK(errors == bad.size() + 1);
  CHECK(scores == 2);
  CHECK(fs::exists(out / "a_good_overlay.png"));
}

TEST_CASE("a file name that is no UTF-8 does no harm") {
  const fs::path folder = fresh_path("photos"), json = fresh_path("results.json");
  write_bytes(folder / "photo-\xff.png", encode_png({64, 64}));
  write_bytes(folder / "photo-\xfe.png", "");
  CHECK(predict(trained_run(), folder, {"--json", json.string(), "--out", fresh_path("out").string()}).code == 3);
  const Json results = read_json(json);
  CHECK(results["images"].size() == 2);
}

TEST_CASE("predict of nothing but bad input") {
  for (const BadFile& bad : bad_files()) {
    CAPTURE(bad.name);
    const fs::path path = fresh_path("photo") / bad.name;
    write_bytes(path, bad.bytes);
    const Outcome outcome = predict(trained_run(), path);
    CHECK(outcome.code == 3);
    CHECK(outcome.out.empty());
    CHECK(outcome.err.find(bad.name) != std::string::npos);
    CHECK(complaints(outcome.err).size() == 2);  // the image and the sum
  }
  const fs::path empty = fresh_path("empty");
  fs::create_directories(empty);
  CHECK(predict(trained_run(), empty).code == 3);
}

TEST_CASE("grey, grey and alpha, RGBA, 16-bit and tiny images are read everywhere") {
  const fs::path data = copy_of(small_data_set()), run = fresh_path("run"), json = fresh_path("metrics.json");
  for (const BadFile& odd : odd_files()) {
    write_bytes(data / "metal" / "train" / "good" / odd.name, odd.bytes);
    write_bytes(data / "metal" / "test" / "good" / odd.name, odd.bytes);
  }
  CHECK_SUCCEEDED(train(data, run));
  CHECK_SUCCEEDED(evaluate(run, data, {"--json", json.string()}));
  CHECK(read_json(json)["classes"]["metal"]["images"] == 2 + odd_files().size());
  const Outcome outcome = predict(run, data / "metal" / "test" / "good");
  CHECK_SUCCEEDED(outcome);
  CHECK(lines_of(outcome.out).size() == 1 + odd_files().size());
}

TEST_CASE("masks of another size than their image are resized; grey ones count from 1 up") {
  const fs::path data = copy_of(small_data_set()), same = fresh_path("same.json"), other = fresh_path("other.json");
  const fs::path masks = data / "fabric" / "ground_truth";
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(masks)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  REQUIRE(files.size() == 1);
  write_bytes(files[0], encode_png({64, 64, 8, 0}));  // wherever it is not 0: nearly everywhere
  CHECK_SUCCEEDED(evaluate(trained_run(), data, {"--json", same.string()}));
  write_bytes(files[0], encode_png({100, 30, 8, 2}));
  const Outcome outcome = evaluate(trained_run(), data, {"--json", other.string()});
  CHECK_SUCCEEDED(outcome);
  CHECK(outcome.err.find("warning") == std::string::npos);
  CHECK(read_json(other)["classes"]["fabric"]["pixel_ap"].get<double>() > 0.4);  // half of the pixels are defect
  CHECK(read_json(same)["classes"]["fabric"]["pixel_ap"].get<double>() > 0.4);
}

TEST_CASE("a defect without a mask: a warning, and null for what cannot be said") {
  const fs::path data = copy_of(small_data_set()), json = fresh_path("metrics.json");
  fs::remove_all(data / "metal" / "ground_truth");
  const Outcome outcome = evaluate(trained_run(), data, {"--json", json.string()});
  CHECK_SUCCEEDED(outcome);
  CHECK(outcome.err.find("warning: metal: defect images without a mask: 1") != std::string::npos);
  const Json metrics = read_json(json);
  for (const char* key : {"pixel_auroc", "pixel_ap", "pixel_f1max", "aupro"}) {
    CAPTURE(key);
    CHECK(metrics["classes"]["metal"][key].is_null());
    CHECK(metrics["classes"]["fabric"][key].is_number());
  }
  CHECK(metrics["classes"]["metal"]["image_auroc"].is_number());
  CHECK(outcome.out.find('-') != std::string::npos);
}

TEST_CASE("only good test pictures: ranking metrics are null, not a number") {
  const fs::path data = copy_of(small_data_set()), json = fresh_path("metrics.json");
  for (const auto& entry : fs::directory_iterator(data / "metal" / "test")) {
    if (entry.path().filename() != "good") fs::remove_all(entry.path());
  }
  CHECK_SUCCEEDED(evaluate(trained_run(), data, {"--json", json.string()}));
  const Json row = read_json(json)["classes"]["metal"];
  for (const char* key : {"image_auroc", "image_ap", "pixel_auroc", "aupro"}) {
    CAPTURE(key);
    CHECK(row[key].is_null());
  }
  CHECK(row["vote_accuracy"].is_number());
}

TEST_CASE("a class name that is no UTF-8 is refused") {
  const fs::path data = copy_of(small_data_set()), run = fresh_path("run");
  fs::rename(data / "metal", data / "met\xff");
  CHECK_REFUSED(train(data, run), 3, "UTF-8");
  CHECK(snapshot(run).empty());
}

TEST_CASE("data sets that are not there, or lack what is needed") {
  const fs::path run = fresh_path("run"), empty = fresh_path("empty");
  fs::create_directories(empty);
  CHECK_REFUSED(train(empty, run), 3, "no class found");
  CHECK_REFUSED(train(fresh_path("missing"), run), 3, "cannot open the data set");
  CHECK_REFUSED(evaluate(trained_run(), empty), 3, "no class found");
  CHECK_REFUSED(evaluate(trained_run(), fresh_path("missing")), 3, "cannot open the data set");
  const fs::path file = fresh_path("file");
  write_bytes(file, "no folder");
  CHECK_REFUSED(train(file, run), 3, "found a file");
  const fs::path list = fresh_path("list") / "list.csv";
  write_bytes(list, "image,label\n../../secret.png,good\n");
  CHECK_REFUSED(train(list, run), 3, "list.csv:2: image: expected a path below");
  CHECK_REFUSED(evaluate(trained_run(), list.parent_path()), 3, "list.csv:2: image");
  CHECK_REFUSED(evaluate(trained_run(), small_data_set(), {"--format", "visa"}), 3, "split_csv/1cls.csv");
  CHECK_REFUSED(evaluate(trained_run(), small_data_set() / "metal" / "train"), 3, "no test image");

  const fs::path no_train = copy_of(small_data_set());
  fs::remove_all(no_train / "metal" / "train" / "good");
  CHECK_REFUSED(train(no_train, run), 3, "class \"metal\" has no training image");
  fs::create_directories(no_train / "metal" / "train" / "good");
  CHECK_REFUSED(train(no_train, run), 3, "class \"metal\" has no training image");
  const fs::path no_test = copy_of(small_data_set());
  for (const char* name : {"metal", "fabric"}) fs::remove_all(no_test / name / "test");
  CHECK_REFUSED(evaluate(trained_run(), no_test), 3, "no test image");
  CHECK_FALSE(fs::exists(run));
}
