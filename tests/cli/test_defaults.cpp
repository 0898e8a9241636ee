// What the program does when it is told nearly nothing: a folder of photographs, no labels, no weights.
#include <doctest/doctest.h>

#include "cli/fixtures.h"

using namespace mdd::test;

namespace {

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Fabric's normal pictures in one flat folder, as from a camera.
const fs::path& photographs() {
  static const fs::path folder = [] {
    fs::path path = fresh_path("photographs");
    fs::copy(data_set() / "fabric" / "train" / "good", path);
    return path;
  }();
  return folder;
}

}  // namespace

TEST_CASE("a folder of photographs is enough to train and to judge, and every assumption is said") {
  const fs::path run = fresh_path("photographs_run");
  const Outcome trained = mddnet({"train", "--data", photographs().string(), "--out", run.string(), "--size", "64",
                                  "--epochs", "1", "--batch", "8"});
  CHECK_SUCCEEDED(trained);
  CHECK(says(trained.err, "no labels: every image is taken as normal"));
  CHECK(says(trained.err, "encoder: the bundled resnet18"));
  const Json config = read_json(run / "config.json");
  CHECK(config["weights"] == "bundled");
  CHECK(config["encoder"] == "resnet18");

  const Outcome judged = mddnet({"predict", "--model", run.string(), photographs().string()});
  CHECK_SUCCEEDED(judged);
  CHECK(lines_of(judged.out).size() == 22);
  CHECK(says(judged.err, "photographs 5"));
  CHECK_REFUSED(mddnet({"eval", "--model", run.string(), "--data", photographs().string()}), 3, "no test image");
}

TEST_CASE("encoder and weights that do not go together are refused before a run begins") {
  const auto start = [](const Words& more) {
    Words words{"train", "--data", photographs().string(), "--out", fresh_path("never").string()};
    words.insert(words.end(), more.begin(), more.end());
    return mddnet(words);
  };
  CHECK_REFUSED(start({"--encoder", "wide_resnet50_2"}), 2, "expected a file with weights of wide_resnet50_2");
  CHECK_REFUSED(start({"--encoder", "resnet34", "--weights", "bundled"}), 2,
                "expected --encoder resnet18, found resnet34");
  CHECK_REFUSED(start({"--encoder", "resnet7"}), 2, "resnet7");
  // tiny_basic is none of the encoders that a file can be told to be.
  CHECK_REFUSED(start({"--weights", (trained_run() / "model.safetensors").string()}), 3, "say --encoder");
}

TEST_CASE("an encoder can be pretrained, resumed and used") {
  const fs::path encoder = fresh_path("encoder.safetensors");
  const Words words{"pretrain", "--out", encoder.string(), "--encoder", "tiny_basic",   "--steps", "4",
                    "--batch",  "2",     "--size",         "64",        "--save-every", "2"};
  CHECK_SUCCEEDED(mddnet(words));
  CHECK_REFUSED(mddnet(words), 2, "--resume");
  Words again = words;
  again.emplace_back("--resume");
  CHECK_SUCCEEDED(mddnet(again));
  CHECK_SUCCEEDED(train(small_data_set(), fresh_path("run"), {{"--weights", encoder.string()}}));
  CHECK_REFUSED(mddnet({"pretrain", "--out", fresh_path("x").string(), "--size", "65"}), 2, "--size");
}
