// From generated pictures to verdicts: every subcommand does what the contract of the command line says.
#include <cmath>
#include <cstring>
#include <doctest/doctest.h>
#include <set>

#include "cli/fixtures.h"
#include "data/image.h"

using namespace mdd::test;

namespace {

const Words kMetricKeys{"aupro",    "image_ap",    "image_auroc", "image_f1max",  "images",
                        "pixel_ap", "pixel_auroc", "pixel_f1max", "vote_accuracy"};

/// "model.slots" and so on, for every value that is no object.
std::set<std::string> paths_of(const Json& tree, const std::string& prefix = "") {
  std::set<std::string> out;
  for (const auto& [key, value] : tree.items()) {
    if (value.is_object()) {
      out.merge(paths_of(value, prefix + key + "."));
    } else {
      out.insert(prefix + key);
    }
  }
  return out;
}

bool is_share_or_null(const Json& value) {
  return value.is_null() || (value.is_number() && value.get<double>() >= 0.0 && value.get<double>() <= 1.0);
}

/// Checks an .npy of f32 [64, 64] and returns its largest value.
float largest_of_npy(const fs::path& path) {
  const std::string bytes = read_bytes(path);
  CHECK(bytes.substr(0, 6) == "\x93NUMPY");
  CHECK(bytes.find("'descr': '<f4'") != std::string::npos);
  CHECK(bytes.find("(64, 64)") != std::string::npos);
  const std::size_t start = bytes.find('\n') + 1;
  REQUIRE(bytes.size() == start + 64 * 64 * sizeof(float));
  std::vector<float> values(std::size_t{64} * 64);
  std::memcpy(values.data(), bytes.data() + start, bytes.size() - start);
  return *std::max_element(values.begin(), values.end());
}

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> out(1);
  for (const char letter : line) {
    if (letter == '\t') {
      out.emplace_back();
    } else {
      out.back() += letter;
    }
  }
  return out;
}

}  // namespace

TEST_CASE("train leaves a complete run") {
  const fs::path& run = trained_run();
  std::set<std::string> names;
  for (const auto& [name, bytes] : snapshot(run)) names.insert(name);
  CHECK(names == std::set<std::string>{"config.json", "log.jsonl", "model.safetensors", "thresholds.json",
                                       "training_state.safetensors"});

  const Json config = read_json(run / "config.json");
  CHECK(paths_of(config) == std::set<std::string>{"encoder",
                                                  "weights",
                                                  "image_size",
                                                  "class_names",
                                                  "model.bottleneck_width",
                                                  "model.memory",
                                                  "model.identity",
                                                  "model.slots",
                                                  "model.temperature",
                                                  "model.shrinkage",
                                                  "model.fusion",
                                                  "losses.restoration",
                                                  "losses.identity",
                                                  "losses.discrepancy",
                                                  "losses.class",
                                                  "losses.cosine",
                                                  "losses.mask",
                                                  "losses.discrepancy_reduction",
                                                  "synthesis.textures",
                                                  "synthesis.p_normal",
                                                  "synthesis.max_opacity",
                                                  "synthesis.augment",
                                                  "map.fusion",
                                                  "map.weight",
                                                  "map.sigma",
                                                  "map.score",
                                                  "training.epochs",
                                                  "training.batch",
                                                  "training.learning_rate",
                                                  "training.decay_at",
                                                  "training.decay_factor",
                                                  "training.beta1",
                                                  "training.beta2",
                                                  "training.epsilon",
                                                  "training.clip_norm",
                                                  "training.seed"});
  CHECK(config["class_names"] == Json{"fabric", "metal"});
  CHECK(config["training"]["batch"] == 8);
  CHECK(config["model"]["temperature"].dump() == "0.1");
  CHECK(config["losses"]["class"].dump() == "0.1");

  const Json thresholds = read_json(run / "thresholds.json")["classes"];
  for (const char* name : {"fabric", "metal"}) {
    CHECK(thresholds[name]["scores"].size() == 5);
    CHECK(thresholds[name]["optimistic"] == false);
    const auto scores = thresholds[name]["scores"].get<std::vector<float>>();
    CHECK(thresholds[name]["scale"] == 2.0f * *std::max_element(scores.begin(), scores.end()));
  }
}

TEST_CASE("the log has every loss term of every step") {
  std::vector<Json> steps, epochs;
  for (Json& line : read_json_lines(trained_run() / "log.jsonl")) {
    (line.contains("event") ? epochs : steps).push_back(std::move(line));
  }
  REQUIRE(steps.size() == 4);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Json& line = steps[i];
    CHECK(line["step"] == i + 1);
    for (const char* key : {"restoration", "identity", "discrepancy", "class", "total", "gradient_norm",
                            "learning_rate", "images_per_second"}) {
      CAPTURE(key);
      CHECK(line[key].is_number());
      CHECK(line[key].get<double>() > 0.0);
    }
    const double total = line["restoration"].get<double>() + line["identity"].get<double>() +
                         line["discrepancy"].get<double>() + 0.1 * line["class"].get<double>();
    CHECK(line["total"].get<double>() == doctest::Approx(total).epsilon(1e-5));
  }
  REQUIRE(epochs.size() == 1);
  CHECK(epochs[0]["step"] == 4);
}

TEST_CASE("eval prints a table and writes what the contract promises") {
  const fs::path json = fresh_path("metrics.json"), dump = fresh_path("dump"), panels = fresh_path("panels");
  const Outcome outcome = evaluate(trained_run(), data_set(),
                                   {"--json", json.string(), "--dump", dump.string(), "--panels", panels.string()});
  CHECK_SUCCEEDED(outcome);
  CHECK(complaints(outcome.err).empty());
  CHECK(outcome.err.find("16/16") != std::string::npos);
  for (const char* word : {"AUPRO", "fabric", "metal", "mean", "mAD"}) {
    CAPTURE(word);
    CHECK(outcome.out.find(word) != std::string::npos);
  }

  const Json metrics = read_json(json);
  CHECK(keys_of(metrics) == Words{"classes", "mean"});
  CHECK(keys_of(metrics["classes"]) == Words{"fabric", "metal"});
  for (const auto& [name, row] : metrics["classes"].items()) {
    CHECK(keys_of(row) == kMetricKeys);
    CHECK(row["images"] == 8);
    for (const auto& [key, value] : row.items()) {
      CAPTURE(key);
      CHECK((key == "images" || (is_share_or_null(value) && !value.is_null())));
    }
  }
  Words mean_keys = kMetricKeys;
  mean_keys.insert(mean_keys.begin() + 5, "mad");
  CHECK(keys_of(metrics["mean"]) == mean_keys);

  const Json images = read_json(dump / "index.json")["images"];
  REQUIRE(images.size() == 16);
  int masks = 0;
  for (const Json& image : images) {
    CHECK(keys_of(image) == Words{"class", "label", "map", "mask", "mask_map", "path", "score", "vote"});
    CHECK(fs::exists(image["path"].get<std::string>()));
    CHECK(image["mask"].is_null() == (image["label"] == 0));
    CHECK(image["mask_map"].is_null() == image["mask"].is_null());
    if (!image["mask"].is_null()) {
      ++masks;
      CHECK(fs::exists(image["mask"].get<std::string>()));
      const std::string bytes = read_bytes(dump / image["mask_map"].get<std::string>());
      CHECK(bytes.find("'descr': '|u1'") != std::string::npos);
      CHECK(bytes.size() == bytes.find('\n') + 1 + 64 * 64);
      CHECK(bytes.find('\x01', bytes.find('\n')) != std::string::npos);
    }
    CHECK((image["vote"] == "fabric" || image["vote"] == "metal"));
    CHECK(largest_of_npy(dump / image["map"].get<std::string>()) == image["score"].get<float>());
  }
  CHECK(masks == 8);

  std::size_t pictures = 0;
  for (const auto& entry : fs::recursive_directory_iterator(panels)) {
    if (!entry.is_regular_file()) continue;
    ++pictures;
    CHECK(mdd::data::load_image(entry.path()).height == 64);
  }
  CHECK(pictures == 16);
}

TEST_CASE("eval --report writes one page that needs nothing else") {
  const fs::path json = fresh_path("metrics.json"), plain = fresh_path("plain.json"), page = fresh_path("page");
  const Outcome outcome =
      evaluate(trained_run(), data_set(), {"--report", page.string(), "--report-images", "2", "--json", json.string()});
  CHECK_SUCCEEDED(outcome);
  CHECK(outcome.err.find("report: " + (page / "index.html").string()) != std::string::npos);
  CHECK(snapshot(page).size() == 1);
  const std::string html = read_bytes(page / "index.html");
  CHECK(html.size() < 2'000'000);
  for (const char* part : {"<!DOCTYPE html>", "Content-Security-Policy", "Class fabric", "Class metal", "tiny_basic",
                           "8 normal, 8 defective", "fabric/test/good/", "Prototypes read most", "</html>"}) {
    CAPTURE(part);
    CHECK(html.find(part) != std::string::npos);
  }
  // Metrics do not depend on what else is written.
  CHECK_SUCCEEDED(evaluate(trained_run(), data_set(), {"--json", plain.string(), "--quiet"}));
  CHECK(read_json(json) == read_json(plain));
  CHECK_REFUSED(evaluate(trained_run(), data_set(), {"--report", page.string(), "--report-images", "25"}), 2,
                "report-images");
}

TEST_CASE("eval --report and --panels ask for thresholds before anything is scored") {
  const fs::path run = copy_of(trained_run());
  fs::remove(run / "thresholds.json");
  for (const char* option : {"--report", "--panels"}) {
    CAPTURE(option);
    const fs::path json = fresh_path("metrics.json");
    CHECK_REFUSED(evaluate(run, data_set(), {option, fresh_path("out").string(), "--json", json.string()}), 3,
                  "thresholds.json");
    CHECK_FALSE(fs::exists(json));
  }
  CHECK_SUCCEEDED(evaluate(run, data_set(), {"--quiet"}));
}

TEST_CASE("the report names the images of a list by their place beside it") {
  const fs::path data = copy_of(data_set()), page = fresh_path("page");
  write_bytes(data / "list.csv", "image,class,split,label\nfabric/test/good/000.png,fabric,test,good\n");
  CHECK_SUCCEEDED(evaluate(trained_run(), data / "list.csv", {"--report", page.string(), "--quiet"}));
  const std::string html = read_bytes(page / "index.html");
  CHECK(html.find("fabric/test/good/000.png") != std::string::npos);
  CHECK(html.find("../fabric") == std::string::npos);
}

TEST_CASE("profile says where the time went, bench how long it took, as text and as JSON") {
  for (const char* work : {"training", "inference"}) {
    CAPTURE(work);
    const fs::path json = fresh_path("profile.json");
    const Outcome outcome = mddnet({"profile", "--work", work, "--encoder", "tiny_basic", "--size", "64", "--batch",
                                    "2", "--runs", "1", "--device", "cpu", "--json", json.string()});
    CHECK_SUCCEEDED(outcome);
    CHECK(outcome.out.find("convolution_forward") != std::string::npos);
    CHECK(outcome.out.find("GFLOP/s") != std::string::npos);
    double seconds = 0;
    const Json profile = read_json(json);
    for (const Json& row : profile["rows"]) seconds += row["seconds"].get<double>();
    CHECK(seconds > 0);
  }
  const fs::path json = fresh_path("bench.json");
  const Outcome bench = mddnet({"bench", "--encoders", "tiny_basic,tiny_bottleneck", "--size", "64", "--batches", "1,2",
                                "--seconds", "0", "--device", "cpu", "--json", json.string()});
  CHECK_SUCCEEDED(bench);
  CHECK(lines_of(bench.out).size() == 2 + 8);
  const Json rows = read_json(json)["rows"];
  REQUIRE(rows.size() == 8);
  for (const Json& row : rows) {
    CHECK(row["median_seconds"].get<double>() > 0);
    CHECK(row["runs"] == 3);
  }
  for (const char* command : {"profile", "bench"})
    CHECK_REFUSED(mddnet({command, "--size", "100"}), 2, "multiple of 32");
  CHECK_REFUSED(mddnet({"bench", "--batches", "0"}), 2, "--batches");
  CHECK_REFUSED(mddnet({"profile", "--encoder", "vgg16"}), 2, "wide_resnet50_2");
  CHECK_REFUSED(mddnet({"profile", "--work", "sleep"}), 2, "--work");
  CHECK_REFUSED(mddnet({"profile", "--json", "/nowhere/profile.json"}), 1, "/nowhere/profile.json");
}

TEST_CASE("eval --metrics ader adds the coarse variants and changes nothing else") {
  const fs::path plain = fresh_path("plain.json"), ader = fresh_path("ader.json");
  CHECK_SUCCEEDED(evaluate(trained_run(), data_set(), {"--json", plain.string(), "--quiet"}));
  const Outcome outcome =
      evaluate(trained_run(), data_set(), {"--json", ader.string(), "--metrics", "ader", "--quiet"});
  CHECK_SUCCEEDED(outcome);
  CHECK(outcome.err.empty());
  CHECK(outcome.out.find("AUPRO-50") != std::string::npos);
  Json with = read_json(ader);
  for (Json* row : {&with["classes"]["fabric"], &with["classes"]["metal"], &with["mean"]}) {
    CHECK(keys_of((*row)["ader"]) == Words{"aupro", "pixel_f1max"});
    row->erase("ader");
  }
  CHECK(with == read_json(plain));
}

TEST_CASE("eval of some classes only") {
  const fs::path json = fresh_path("metrics.json");
  CHECK_SUCCEEDED(evaluate(trained_run(), data_set(), {"--json", json.string(), "--classes", "metal"}));
  CHECK(keys_of(read_json(json)["classes"]) == Words{"metal"});
}

TEST_CASE("predict gives score, verdict, vote and threshold, and eval's score for the same image") {
  const fs::path json = fresh_path("results.json"), out = fresh_path("overlays"), dump = fresh_path("dump");
  const fs::path folder = data_set() / "metal" / "test", file = data_set() / "fabric" / "test" / "good" / "000.png";
  const Outcome outcome =
      predict(trained_run(), folder, {file.string(), "--json", json.string(), "--out", out.string()});
  CHECK_SUCCEEDED(outcome);
  CHECK_SUCCEEDED(evaluate(trained_run(), data_set(), {"--dump", dump.string(), "--quiet"}));
  std::map<std::string, double> expected;
  const Json index = read_json(dump / "index.json");
  for (const Json& image : index["images"]) expected[image["path"]] = image["score"];

  const auto lines = lines_of(outcome.out);
  const Json images = read_json(json)["images"];
  REQUIRE(lines.size() == 9);
  REQUIRE(images.size() == 9);
  for (std::size_t i = 0; i < 9; ++i) {
    const Json& image = images[i];
    const auto fields = fields_of(lines[i]);
    REQUIRE(fields.size() == 8);
    CHECK(fields[0] == image["path"]);
    CHECK(fields[2] == image["verdict"]);
    CHECK(fields[3] == image["vote"]);
    CHECK(std::stod(fields[4]) == doctest::Approx(image["class_mass"][fields[3]].get<double>()).epsilon(1e-2));
    CHECK(fields[5].find("(5 images, resolves 1 in 6)") != std::string::npos);
    CHECK(std::stoul(fields[6]) == image["regions"].size());
    CHECK((fields[7] == "-") == image["regions"].empty());
    CHECK(image["threshold_images"] == 5);
    CHECK(image["rate_resolved"] == false);
    CHECK(image["threshold_optimistic"] == false);
    const double score = image["score"];
    CHECK(score == doctest::Approx(expected.at(image["path"])).epsilon(1e-4));
    CHECK(image["verdict"] == (score > image["threshold"].get<double>() ? "defect" : "normal"));
    const double fabric = image["class_mass"]["fabric"], metal = image["class_mass"]["metal"];
    CHECK(fabric + metal == doctest::Approx(1.0).epsilon(1e-4));
    CHECK(image["vote"] == (fabric >= metal ? "fabric" : "metal"));
  }
  CHECK(images[8]["path"] == file.string());
  std::size_t overlays = 0;  // names repeat among the folders: none may overwrite another
  for (const auto& entry : fs::directory_iterator(out)) {
    ++overlays;
    CHECK(mdd::data::load_image(entry.path()).height == 64);
  }
  CHECK(overlays == 9);
}

TEST_CASE("a wanted rate of 0 puts the threshold above that of a half") {
  const auto thresholds_at = [](const char* rate) {
    const fs::path json = fresh_path("results.json");
    CHECK_SUCCEEDED(predict(trained_run(), data_set() / "metal" / "test" / "good",
                            {"--fpr", rate, "--json", json.string(), "--quiet"}));
    return read_json(json)["images"][0]["threshold"].get<double>();
  };
  CHECK(thresholds_at("0") > thresholds_at("0.5"));
}

TEST_CASE("info, weights, version, help") {
  const std::string run = trained_run().string(), model = (trained_run() / "model.safetensors").string();
  const Outcome info = mddnet({"info", "--model", run});
  CHECK_SUCCEEDED(info);
  for (const char* part : {"tiny_basic at 64 x 64", "fabric", "metal", "from 5 images", "CUDA devices: "}) {
    CAPTURE(part);
    CHECK(info.out.find(part) != std::string::npos);
  }
  const Outcome inspect = mddnet({"weights", "inspect", model});
  CHECK_SUCCEEDED(inspect);
  CHECK(inspect.out.find("safetensors") != std::string::npos);
  CHECK(inspect.out.find("memory.prototypes") != std::string::npos);

  const fs::path half = fresh_path("half.safetensors");
  CHECK_SUCCEEDED(mddnet({"weights", "convert", model, "--out", half.string(), "--dtype", "f16"}));
  CHECK(static_cast<double>(fs::file_size(half)) < 0.6 * static_cast<double>(fs::file_size(model)));
  const fs::path again = fresh_path("run-from-half");  // a checkpoint serves as encoder weights
  CHECK_SUCCEEDED(train(small_data_set(), again, {{"--weights", half.string()}, {"--max-steps", "1"}}));
  CHECK(read_json(again / "config.json")["weights"] == half.string());

  const Outcome version = mddnet({"--version"});
  CHECK_SUCCEEDED(version);
  CHECK(version.out.rfind("mddnet ", 0) == 0);
  CHECK(version.out.find("(git ") != std::string::npos);
  CHECK(version.out.find("backends: cpu") != std::string::npos);
  const Outcome help = mddnet({"--help"});
  CHECK_SUCCEEDED(help);
  CHECK(help.out.find("Exit codes") != std::string::npos);
  for (const char* command : {"train", "eval", "predict", "synth", "weights", "selfcheck", "info"}) {
    CAPTURE(command);
    CHECK(help.out.find(command) != std::string::npos);
    const Outcome own = mddnet({command, "--help"});
    CHECK_SUCCEEDED(own);
    CHECK(own.out.find("--help") != std::string::npos);
  }
  CHECK(mddnet({"train", "--help"}).out.find("Example") != std::string::npos);
}

TEST_CASE("selfcheck finds every quantity within its tolerance") {
  const Outcome outcome = mddnet({"selfcheck"});
  CHECK_SUCCEEDED(outcome);
  CHECK(outcome.out.find("all within tolerance") != std::string::npos);
  CHECK(outcome.out.find("convolution") != std::string::npos);
}

TEST_CASE("synth gives the same pictures for the same seed, and others for another") {
  const auto made = [](const char* seed) {
    const fs::path out = fresh_path("made");
    CHECK_SUCCEEDED(mddnet({"synth", "--out", out.string(), "--classes", "1", "--size", "64", "--train", "2",
                            "--test-good", "1", "--test-defect", "1", "--seed", seed, "--quiet"}));
    return snapshot(out);
  };
  const Snapshot first = made("1");
  CHECK(changes(first, made("1")) == "");
  CHECK(changes(first, made("2")) != "");
}
