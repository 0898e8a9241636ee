// Every switch of the model trains for two steps and evaluates, and does what its name says.
#include <doctest/doctest.h>

#include "cli/fixtures.h"

using namespace mdd::test;

namespace {

struct Trained {
  fs::path run;
  std::vector<Json> steps;  ///< of the log
  Json metrics;

  [[nodiscard]] bool has_tensors(const std::string& prefix) const {
    for (const std::string& name : keys_of(TensorFile::read(run / "model.safetensors").header)) {
      if (name.rfind(prefix, 0) == 0) return true;
    }
    return false;
  }
};

/// Two steps on the small data set, then eval.
Trained train_with(const Options& options, const fs::path& data = small_data_set()) {
  Trained out;
  out.run = fresh_path("run");
  CHECK_SUCCEEDED(train(data, out.run, options));
  for (const Json& line : read_json_lines(out.run / "log.jsonl")) {
    if (!line.contains("event")) out.steps.push_back(line);
  }
  CHECK(out.steps.size() == 2);
  for (const Json& line : out.steps) CHECK(line["skipped"] == 0);
  const fs::path json = fresh_path("metrics.json");
  CHECK_SUCCEEDED(evaluate(out.run, data, {"--json", json.string(), "--quiet"}));
  out.metrics = read_json(json);
  CHECK(out.metrics["mean"]["image_auroc"].is_number());
  CHECK(out.metrics["mean"]["pixel_auroc"].is_number());
  return out;
}

const Trained& default_run() {
  static const Trained trained = train_with({});
  return trained;
}

double first(const Trained& trained, const char* term) { return trained.steps.at(0)[term].get<double>(); }

}  // namespace

TEST_CASE("the default has all branches; a class of few images has optimistic thresholds") {
  for (const char* prefix : {"encoder.", "bottleneck.", "memory.", "restoration.", "identity."}) {
    CAPTURE(prefix);
    CHECK(default_run().has_tensors(prefix));
  }
  CHECK(default_run().metrics["mean"]["vote_accuracy"].is_number());
  const fs::path json = fresh_path("results.json");
  const Outcome outcome = predict(default_run().run, small_data_set() / "metal" / "test", {"--json", json.string()});
  CHECK_SUCCEEDED(outcome);
  CHECK(outcome.out.find("(4 images, optimistic, resolves 1 in 5)") != std::string::npos);
  CHECK(read_json(json)["images"][0]["threshold_optimistic"] == true);
}

TEST_CASE("--no-memory: no prototypes, no class loss, no vote, no verdict for one class among several") {
  const Trained trained = train_with({{"--no-memory", ""}});
  CHECK_FALSE(trained.has_tensors("memory."));
  CHECK(first(trained, "class") == 0.0);
  CHECK(trained.metrics["mean"]["vote_accuracy"].is_null());
  const fs::path dump = fresh_path("dump"), json = fresh_path("results.json");
  CHECK_SUCCEEDED(evaluate(trained.run, small_data_set(), {"--dump", dump.string(), "--quiet"}));
  CHECK(read_json(dump / "index.json")["images"][0]["vote"].is_null());
  const Outcome outcome = predict(trained.run, small_data_set() / "metal" / "test", {"--json", json.string()});
  CHECK_SUCCEEDED(outcome);
  CHECK(outcome.err.find("warning: ") != std::string::npos);
  const Json image = read_json(json)["images"][0];
  CHECK(image["verdict"] == "unknown");
  CHECK(image["vote"].is_null());
  CHECK(image["threshold"].is_null());
  CHECK_FALSE(image.contains("class_mass"));
}

TEST_CASE("--no-memory: panels are drawn on the scale of the image's own class") {
  const Trained trained = train_with({{"--no-memory", ""}});
  const auto panels = [&](const fs::path& run) {
    const fs::path out = fresh_path("panels");
    CHECK_SUCCEEDED(evaluate(run, small_data_set(), {"--panels", out.string(), "--quiet"}));
    return snapshot(out);
  };
  const Snapshot before = panels(trained.run);
  const fs::path other = copy_of(trained.run);
  Json thresholds = read_json(other / "thresholds.json");
  thresholds["classes"]["fabric"]["scale"] = 1000.0;
  write_bytes(other / "thresholds.json", thresholds.dump());
  const Snapshot after = panels(other);
  int pictures = 0;
  for (const auto& [name, bytes] : before) {
    if (!name.ends_with(".png")) continue;
    CAPTURE(name);
    ++pictures;
    CHECK((after.at(name) == bytes) == (name.find("metal") != std::string::npos));
  }
  CHECK(pictures == 4);
}

TEST_CASE("--no-identity: reverse distillation") {
  const Trained trained = train_with({{"--no-identity", ""}});
  CHECK_FALSE(trained.has_tensors("identity."));
  CHECK(first(trained, "identity") == 0.0);
  CHECK(first(trained, "discrepancy") == 0.0);
  CHECK(first(trained, "restoration") > 0.0);
}

TEST_CASE("neither memory nor identity decoder") {
  const Trained trained = train_with({{"--no-memory", ""}, {"--no-identity", ""}});
  CHECK(first(trained, "total") == doctest::Approx(first(trained, "restoration")));
}

TEST_CASE("--fusion") {
  for (const char* word : {"replace", "add"}) {
    CAPTURE(word);
    const Trained trained = train_with({{"--fusion", word}});
    CHECK(read_json(trained.run / "config.json")["model"]["fusion"] == word);
    CHECK(first(trained, "restoration") != first(default_run(), "restoration"));
  }
}

TEST_CASE("--shrinkage, --slots, --temperature") {
  // Above the mean attention of 1 / 100 a prototype gets, so that something is cut.
  const Trained shrunk = train_with({{"--shrinkage", "0.01"}});
  CHECK(first(shrunk, "class") != first(default_run(), "class"));
  const Trained few = train_with({{"--slots", "2"}, {"--temperature", "0.5"}});
  const Json header = TensorFile::read(few.run / "model.safetensors").header;
  CHECK(header.at("memory.prototypes")["shape"][0].get<int>() * header.at("memory.prototypes")["shape"][1].get<int>() >=
        4);
}

TEST_CASE("--cosine pixel, --mask-reduction, --discrepancy-reduction") {
  CHECK(first(train_with({{"--cosine", "pixel"}}), "identity") != first(default_run(), "identity"));
  for (const char* word : {"nearest", "max"}) {
    CAPTURE(word);
    CHECK(first(train_with({{"--mask-reduction", word}}), "discrepancy") != first(default_run(), "discrepancy"));
  }
  CHECK(first(train_with({{"--discrepancy-reduction", "sum"}}), "discrepancy") >
        10.0 * first(default_run(), "discrepancy"));
}

TEST_CASE("--map-fusion, --score, --sigma change the map, not the training") {
  const std::string model = read_bytes(default_run().run / "model.safetensors");
  const auto score_of = [](const fs::path& run) {
    const fs::path json = fresh_path("results.json");
    CHECK_SUCCEEDED(predict(run, small_data_set() / "metal" / "test" / "good", {"--json", json.string(), "--quiet"}));
    return read_json(json)["images"][0]["score"].get<double>();
  };
  const double usual = score_of(default_run().run);
  std::vector<Options> choices{{{"--score", "top1%"}}, {{"--sigma", "0"}}};
  for (const char* word : {"product", "tr", "ri", "weighted"}) choices.push_back({{"--map-fusion", word}});
  for (const Options& options : choices) {
    CAPTURE(options[0].first);
    CAPTURE(options[0].second);
    const Trained trained = train_with(options);
    CHECK((read_bytes(trained.run / "model.safetensors") == model));
    CHECK(score_of(trained.run) != usual);
  }
}

TEST_CASE("a weight of 0 removes the branch") {
  const Trained no_class = train_with({{"--weight-class", "0"}});
  CHECK(first(no_class, "class") == 0.0);
  CHECK(first(no_class, "restoration") == first(default_run(), "restoration"));
  const Trained no_identity = train_with({{"--weight-discrepancy", "0"}, {"--weight-identity", "0"}});
  CHECK(first(no_identity, "identity") == 0.0);
  CHECK(first(no_identity, "discrepancy") == 0.0);
  const Trained no_restoration = train_with({{"--weight-restoration", "0"}});
  CHECK(first(no_restoration, "restoration") == 0.0);
}

TEST_CASE("synthesis switches") {
  // Untrained decoders differ everywhere; where nothing is inserted, all of that is wrong.
  CHECK(first(train_with({{"--p-normal", "1"}}), "discrepancy") > first(default_run(), "discrepancy"));
  static_cast<void>(train_with({{"--no-augment", ""}, {"--max-opacity", "0"}}));
  const fs::path textures = (small_data_set() / "fabric" / "test");
  const Trained textured = train_with({{"--textures", textures.string()}});
  CHECK(first(textured, "identity") != first(default_run(), "identity"));
}

TEST_CASE("a bottleneck encoder in both widths") {
  const auto width_of = [](const char* width) {
    const Trained trained = train_with({{"--encoder", "tiny_bottleneck"}, {"--bottleneck-width", width}});
    return fs::file_size(trained.run / "model.safetensors");
  };
  CHECK(width_of("64") < width_of("128"));
}

TEST_CASE("another size") {
  const Trained trained = train_with({{"--size", "96"}, {"--clip-norm", "0"}, {"--seed", "18446744073709551615"}});
  CHECK(read_json(trained.run / "config.json")["training"]["seed"] == 18446744073709551615u);
}

TEST_CASE("a data set of one class") {
  const fs::path json = fresh_path("results.json");
  const Trained trained = train_with({{"--batch", "2"}}, small_data_set() / "metal");
  CHECK(keys_of(trained.metrics["classes"]) == Words{"metal"});
  CHECK(trained.metrics["classes"]["metal"]["vote_accuracy"] == 1.0);
  CHECK_SUCCEEDED(predict(trained.run, small_data_set() / "metal" / "test", {"--json", json.string()}));
  CHECK(read_json(json)["images"][0]["vote"] == "metal");
}

TEST_CASE("a plain folder of images is a data set of one class") {
  const fs::path data = fresh_path("photos"), run = fresh_path("run");
  for (int i = 0; i < 4; ++i) {
    const std::string name = "00" + std::to_string(i) + ".png";
    write_bytes(data / name, read_bytes(small_data_set() / "metal" / "train" / "good" / name));
  }
  write_bytes(data / "notes.txt", "taken on Monday");
  const Outcome trained = train(data, run, {{"--no-memory", ""}});
  CHECK_SUCCEEDED(trained);
  CHECK(trained.err.find("warning: files ignored") != std::string::npos);
  CHECK(read_json(run / "config.json")["class_names"] == Json{data.filename().string()});
  const Outcome outcome = predict(run, data);
  CHECK_SUCCEEDED(outcome);
  CHECK(lines_of(outcome.out).size() == 4);
  CHECK(outcome.out.find("unknown") == std::string::npos);
  CHECK_REFUSED(evaluate(run, data), 3, "no test image");
}
