// Run folders whose files do not belong together, or were edited.
#include <doctest/doctest.h>

#include "cli/fixtures.h"

using namespace mdd::test;

namespace {

const fs::path& image() {
  static const fs::path path = small_data_set() / "metal" / "test" / "good" / "000.png";
  return path;
}

/// A copy of the trained run whose config.json was changed.
template <class Change>
fs::path run_with_config(const Change& change) {
  fs::path run = copy_of(trained_run());
  Json config = read_json(run / "config.json");
  change(config);
  write_bytes(run / "config.json", config.dump());
  return run;
}

}  // namespace

TEST_CASE("the control of this file: a copied run with a rewritten config.json works") {
  CHECK_SUCCEEDED(predict(run_with_config([](Json&) {}), image()));
}

TEST_CASE("a folder that holds no run") {
  CHECK_REFUSED(predict(fresh_path("missing"), image()), 3, "no such file or folder");
  const fs::path empty = fresh_path("empty");
  fs::create_directories(empty);
  CHECK_REFUSED(predict(empty, image()), 3, "config.json");
  CHECK_REFUSED(evaluate(empty, small_data_set()), 3, "config.json");
  CHECK_REFUSED(mddnet({"info", "--model", empty.string()}), 3, "config.json");
}

TEST_CASE("a checkpoint of another architecture") {
  const fs::path other = fresh_path("bottleneck"), run = copy_of(trained_run());
  CHECK_SUCCEEDED(train(small_data_set(), other, {{"--encoder", "tiny_bottleneck"}, {"--max-steps", "1"}}));
  fs::copy_file(other / "model.safetensors", run / "model.safetensors", fs::copy_options::overwrite_existing);
  CHECK_REFUSED(predict(run, image()), 3, "encoder of the checkpoint: expected tiny_basic");
  const fs::path edited = run_with_config([](Json& c) { c["encoder"] = "tiny_bottleneck"; });
  CHECK_REFUSED(predict(edited, image()), 3, "encoder of the checkpoint: expected tiny_bottleneck");

  // Without the metadata the shapes still tell.
  TensorFile stripped = TensorFile::read(other / "model.safetensors");
  stripped.header.erase("__metadata__");
  stripped.write(run / "model.safetensors");
  CHECK_REFUSED(evaluate(run, small_data_set()), 3, "tensor");
  const fs::path other_memory = run_with_config([](Json& c) { c["model"]["slots"] = 7; });
  CHECK_REFUSED(predict(other_memory, image()), 3, "shape of tensor memory.prototypes");
  const fs::path no_memory = run_with_config([](Json& c) { c["model"]["memory"] = false; });
  CHECK_REFUSED(predict(no_memory, image()), 3, "surplus tensor memory.");
}

TEST_CASE("another class list") {
  CHECK_REFUSED(predict(run_with_config([](Json& c) {
                          c["class_names"] = {"fabric", "wood"};
                        }),
                        image()),
                3, "class_names of the checkpoint");
  CHECK_REFUSED(predict(run_with_config([](Json& c) {
                          c["class_names"] = {"metal", "fabric"};
                        }),
                        image()),
                3, "class_names of the checkpoint");
  CHECK_REFUSED(predict(run_with_config([](Json& c) { c["class_names"] = {"fabric"}; }), image()), 3, "class_names");
  CHECK_REFUSED(predict(run_with_config([](Json& c) { c["class_names"] = Json::array(); }), image()), 3,
                "at least one class");
  CHECK_REFUSED(predict(run_with_config([](Json& c) { c["class_names"] = {1, 2}; }), image()), 3, "class_names");
}

TEST_CASE("test data with a class that the model does not know") {
  const fs::path data = copy_of(small_data_set());
  fs::rename(data / "metal", data / "marble");
  CHECK_REFUSED(evaluate(trained_run(), data), 3, "marble");
  CHECK_SUCCEEDED(evaluate(trained_run(), data, {"--classes", "fabric"}));
}

TEST_CASE("a config.json that was damaged or edited") {
  const fs::path run = copy_of(trained_run());
  const std::string good = read_bytes(run / "config.json");
  for (const std::string& bytes : {std::string(), good.substr(0, good.size() / 2), std::string("[]"),
                                   std::string("null"), std::string(100000, '['), std::string("\xff\xfe\x00", 3)}) {
    write_bytes(run / "config.json", bytes);
    CHECK_REFUSED(predict(run, image()), 3, "config.json");
  }
  const auto check = [](const char* pointer, const Json& value, const std::string& says) {
    CAPTURE(pointer);
    const fs::path edited = run_with_config([&](Json& c) { c[Json::json_pointer(pointer)] = value; });
    CHECK_REFUSED(predict(edited, image()), 3, says);
  };
  check("/encoder", "alexnet", "alexnet");
  check("/encoder", 5, "encoder");
  check("/image_size", 100, "100");
  check("/image_size", -64, "-64");
  check("/image_size", 1e300, "image_size");
  check("/image_size", "64", "image_size");
  check("/model/slots", 1'000'000'000'000, "1000000000000");
  check("/model/slots", 0, "0");
  check("/model/temperature", 0, "temperature");
  check("/model/fusion", "multiply", "model.fusion: expected concat, replace or add");
  check("/model/memory", 1, "model.memory");
  check("/model/bottleneck_width", 32, "32");
  check("/map/score", "min", "map.score");
  check("/map/sigma", 1e30, "sigma");
  check("/training/seed", -1, "training.seed");
  check("/training/epochs", nullptr, "training.epochs");
  check("/training/moments", 2, "unknown key training.moments");
  check("/modell", 2, "unknown key modell");
  const fs::path lacking = run_with_config([](Json& c) { c["map"].erase("sigma"); });
  CHECK_REFUSED(predict(lacking, image()), 3, "missing key map.sigma");
}

TEST_CASE("a thresholds.json that was damaged or edited") {
  const fs::path run = copy_of(trained_run());
  const Json good = read_json(run / "thresholds.json");
  const auto check = [&](const std::string& bytes) {
    write_bytes(run / "thresholds.json", bytes);
    CHECK_REFUSED(predict(run, image()), 3, "thresholds.json");
    CHECK_REFUSED(mddnet({"info", "--model", run.string()}), 3, "thresholds.json");
  };
  check("");
  check("{}");
  check("[1, 2]");
  check(good.dump().substr(0, 30));
  Json changed = good;
  changed["classes"].erase("metal");
  check(changed.dump());
  changed["classes"]["wood"] = good["classes"]["metal"];
  check(changed.dump());
  changed = good;
  changed["classes"]["metal"]["scores"] = "many";
  check(changed.dump());
  changed["classes"]["metal"]["scores"] = {1e300};
  check(changed.dump());
  changed["classes"]["metal"]["scores"] = Json::array();
  check(changed.dump());
}
