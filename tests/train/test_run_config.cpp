// config.json: every option, there and back; and every way to be wrong.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "inference/run_config.h"
#include "support/temporary_folder.h"
#include "train/refusal.h"

using namespace mdd;
using namespace mdd::test;
using Json = nlohmann::ordered_json;

namespace {

RunConfig plain() {
  RunConfig c;
  c.weights = "random";
  c.class_names = {"cable"};
  return c;
}

/// No field has its default.
RunConfig unusual() {
  RunConfig c;
  c.model.encoder = "resnet50";
  c.model.bottleneck_width = 64;
  c.model.classes = 2;
  c.model.slots = 7;
  c.model.temperature = 0.3f;
  c.model.shrinkage = 0.01f;
  c.model.fusion = MemoryFusion::kReplace;
  c.model.memory = false;
  c.model.identity = false;
  c.image_size = 320;
  c.weights = "folder/\"weights\".pth";
  c.class_names = {"nut", "κλάση"};
  c.losses = {0.7f, 0.6f, 0.5f, 0.2f, CosineForm::kPixel, MaskReduction::kMaximum, DiscrepancyReduction::kSum};
  c.map = {MapFusion::kWeighted, 0.35f, 2.5f, ScoreRule::kTopPercent};
  c.synthesis = {"some/textures", 0.1f, 0.9f, false};
  c.training.epochs = 12;
  c.training.batch = 8;
  c.training.learning_rate = 0.00123456789012345;
  c.training.decay_at = 0.55;
  c.training.decay_factor = 0.2;
  c.training.adam = {0.9f, 0.99f, 1e-7f, 1.5f};
  c.training.seed = 0xFFFFFFFFFFFFFFFFu;
  return c;
}

/// Paths of all leaves of a JSON tree: "/training/epochs".
std::vector<std::string> leaves(const Json& tree) {
  std::vector<std::string> out;
  const Json flat = tree.flatten();
  for (const auto& [path, value] : flat.items()) {
    const std::string whole = path.starts_with("/class_names/") ? "/class_names" : path;
    if (std::find(out.begin(), out.end(), whole) == out.end()) out.push_back(whole);
  }
  return out;
}

std::string dotted(std::string path) {
  path.erase(0, 1);
  for (char& letter : path) letter = letter == '/' ? '.' : letter;
  return path;
}

class Fixture {
 public:
  RunConfig read(const std::string& text) {
    write_atomically(folder_ / "config.json", text);
    return read_config(folder_ / "config.json");
  }
  void check_refused_text(const std::string& text, std::initializer_list<std::string> texts) {
    check_refused(ErrorKind::kData, texts, [&] { static_cast<void>(read(text)); });
    check_refused(ErrorKind::kData, {"config.json"}, [&] { static_cast<void>(read(text)); });
  }
  /// A valid configuration with one value replaced.
  void check_refused_value(const std::string& path, const Json& value, std::initializer_list<std::string> texts) {
    CAPTURE(path);
    CAPTURE(value.dump());
    Json root = Json::parse(to_json(plain()));
    root[Json::json_pointer(path)] = value;
    check_refused_text(root.dump(), texts);
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("every field comes back, with every field unlike its default") {
  Fixture f;
  const RunConfig written = unusual();
  const Json defaults = Json::parse(to_json(RunConfig())), tree = Json::parse(to_json(written));
  for (const std::string& path : leaves(tree)) {
    CAPTURE(path);
    CHECK(tree.at(Json::json_pointer(path)) != defaults.at(Json::json_pointer(path)));
  }
  const RunConfig c = f.read(to_json(written));
  CHECK(to_json(c) == to_json(written));
  CHECK(first_difference(written, c).empty());
  CHECK(c.model.encoder == "resnet50");
  CHECK(c.model.classes == 2);
  CHECK(c.model.temperature == 0.3f);
  CHECK(c.model.fusion == MemoryFusion::kReplace);
  CHECK_FALSE(c.model.memory);
  CHECK(c.class_names == written.class_names);
  CHECK(c.weights == written.weights);
  CHECK(c.losses.cosine == CosineForm::kPixel);
  CHECK(c.losses.mask == MaskReduction::kMaximum);
  CHECK(c.losses.reduction == DiscrepancyReduction::kSum);
  CHECK(c.losses.classification == 0.2f);
  CHECK(c.map.fusion == MapFusion::kWeighted);
  CHECK(c.map.score == ScoreRule::kTopPercent);
  CHECK(c.map.sigma == 2.5f);
  CHECK(c.synthesis.max_opacity == 0.9f);
  CHECK_FALSE(c.synthesis.augment);
  CHECK(c.training.learning_rate == written.training.learning_rate);
  CHECK(c.training.adam.epsilon == 1e-7f);
  CHECK(c.training.seed == 0xFFFFFFFFFFFFFFFFu);
}

TEST_CASE("numbers are written as people write them") {
  const std::string text = to_json(plain());
  CHECK(text.find("\"temperature\": 0.1,") != std::string::npos);
  CHECK(text.find("\"class\": 0.1,") != std::string::npos);
  CHECK(text.find("\"learning_rate\": 0.005,") != std::string::npos);
  CHECK(text.ends_with("}\n"));
}

TEST_CASE("a missing key is named, whichever it is") {
  Fixture f;
  const Json whole = Json::parse(to_json(plain()));
  const std::vector<std::string> paths = leaves(whole);
  CHECK(paths.size() == 36);
  for (const std::string& path : paths) {
    const Json::json_pointer pointer(path);
    Json root = whole;
    root[pointer.parent_pointer()].erase(pointer.back());
    f.check_refused_text(root.dump(), {"missing key " + dotted(path)});
  }
}

TEST_CASE("a value of the wrong type is named, whichever it is") {
  Fixture f;
  const Json whole = Json::parse(to_json(plain()));
  for (const std::string& path : leaves(whole)) {
    const Json& right = whole.at(Json::json_pointer(path));
    f.check_refused_value(path, right.is_string() ? Json(5) : Json("text"), {dotted(path)});
    f.check_refused_value(path, nullptr, {dotted(path)});
    f.check_refused_value(path, Json::object(), {dotted(path)});
  }
  f.check_refused_value("/class_names", {"a", 5}, {"class_names"});
  f.check_refused_value("/training/epochs", 1.5, {"training.epochs"});
  f.check_refused_value("/training/seed", -1, {"training.seed"});
  f.check_refused_value("/model/memory", 1, {"model.memory"});
}

TEST_CASE("an unknown key is named") {
  Fixture f;
  f.check_refused_value("/epochs", 5, {"unknown key epochs"});
  f.check_refused_value("/training/epoch", 5, {"unknown key training.epoch"});
  f.check_refused_value("/extra", Json::object(), {"unknown key extra"});
}

TEST_CASE("an unknown word is answered with the words there are") {
  Fixture f;
  f.check_refused_value("/model/fusion", "sum", {"model.fusion", "concat, replace or add", "'sum'"});
  f.check_refused_value("/losses/cosine", "", {"losses.cosine", "flat or pixel"});
  f.check_refused_value("/losses/mask", "mean", {"losses.mask", "average, nearest or max"});
  f.check_refused_value("/losses/discrepancy_reduction", "max", {"losses.discrepancy_reduction", "mean or sum"});
  f.check_refused_value("/map/fusion", "concat", {"map.fusion", "sum, product, tr, ri or weighted"});
  f.check_refused_value("/map/score", "top", {"map.score", "max or top1%"});
}

TEST_CASE("a value out of range is refused by the option's name") {
  Fixture f;
  f.check_refused_value("/encoder", "vgg", {"encoder", "resnet18"});
  f.check_refused_value("/image_size", 100, {"image size 100"});
  f.check_refused_value("/class_names", Json::array(), {"class_names"});
  f.check_refused_value("/model/bottleneck_width", 65, {"bottleneck width"});
  f.check_refused_value("/model/slots", 0, {"prototypes per class"});
  f.check_refused_value("/model/temperature", 0, {"temperature"});
  f.check_refused_value("/model/temperature", 1e300, {"temperature"});
  f.check_refused_value("/model/shrinkage", 1, {"shrinkage"});
  f.check_refused_value("/losses/restoration", -1, {"--weight-restoration"});
  f.check_refused_value("/losses/identity", -0.5, {"--weight-identity"});
  f.check_refused_value("/losses/discrepancy", 1e300, {"--weight-discrepancy"});
  f.check_refused_value("/losses/class", -1, {"--weight-class"});
  f.check_refused_value("/synthesis/p_normal", 1.1, {"--p-normal"});
  f.check_refused_value("/synthesis/max_opacity", -0.1, {"--max-opacity"});
  f.check_refused_value("/map/weight", 2, {"--map-weight"});
  f.check_refused_value("/map/sigma", 1000, {"--sigma"});
  f.check_refused_value("/map/sigma", -1, {"--sigma"});
  f.check_refused_value("/training/epochs", 0, {"--epochs"});
  f.check_refused_value("/training/epochs", 18446744073709551615u, {"--epochs"});
  f.check_refused_value("/training/batch", 0, {"--batch"});
  f.check_refused_value("/training/learning_rate", 0, {"--lr"});
  f.check_refused_value("/training/decay_at", 1.5, {"--decay-at"});
  f.check_refused_value("/training/decay_factor", 0, {"--decay-factor"});
  f.check_refused_value("/training/beta1", 1, {"beta1"});
  f.check_refused_value("/training/beta2", -0.1, {"beta2"});
  f.check_refused_value("/training/epsilon", 0, {"epsilon"});
  f.check_refused_value("/training/clip_norm", -5, {"--clip-norm"});
}

TEST_CASE("what is no configuration at all") {
  Fixture f;
  f.check_refused_text("", {"not a run's configuration"});
  f.check_refused_text("{\"encoder\": ", {"not a run's configuration"});
  f.check_refused_text("[]", {"a JSON object"});
  f.check_refused_text("{}", {"missing key encoder"});
  f.check_refused_text(std::string(100000, '['), {"not a run's configuration"});
  f.check_refused_text("{\"weights\": " + std::string(1000000, '[') + std::string(1000000, ']') + "}",
                       {"missing key encoder"});
  f.check_refused_text("{\"encoder\": " + std::string(1000000, '[') + std::string(1000000, ']') + "}",
                       {"encoder: expected a value of another type", "found array"});
  f.check_refused_text(std::string((1 << 22) + 1, ' '), {"config.json"});
  check_refused(ErrorKind::kData, {"no-such.json"}, [] { static_cast<void>(read_config("no-such.json")); });
}

TEST_CASE("the first option that differs is named with both values; paths may differ") {
  const RunConfig a = plain();
  CHECK(first_difference(a, a).empty());
  RunConfig b = a;
  b.weights = "elsewhere.pth";
  b.synthesis.textures = "moved";
  CHECK(first_difference(a, b).empty());
  b.training.epochs = 20;
  CHECK(first_difference(a, b) == "training.epochs: expected 100, found 20");
  b.map.fusion = MapFusion::kProduct;
  CHECK(first_difference(a, b) == "map.fusion: expected \"sum\", found \"product\"");
  b = a;
  b.class_names.push_back("nut");
  CHECK(first_difference(a, b).starts_with("class_names: "));
  b = a;
  b.losses.classification = 0.100001f;
  CHECK(first_difference(a, b).starts_with("losses.class: expected 0.1, found 0.100001"));
  // Every field counts, but for the two paths.
  const Json ours = Json::parse(to_json(plain())), theirs = Json::parse(to_json(unusual()));
  TemporaryFolder folder;
  for (const std::string& path : leaves(ours)) {
    if (path == "/weights" || path == "/synthesis/textures") continue;
    CAPTURE(path);
    Json one = ours;
    one[Json::json_pointer(path)] = theirs.at(Json::json_pointer(path));
    write_atomically(folder / "config.json", one.dump());
    CHECK(first_difference(plain(), read_config(folder / "config.json")).starts_with(dotted(path) + ": expected "));
  }
}
