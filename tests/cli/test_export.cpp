// export, and predict, eval and info on what it writes.
#include <cmath>
#include <doctest/doctest.h>

#include "cli/fixtures.h"

using namespace mdd::test;

namespace {

fs::path exported(const std::string& storage) {
  fs::path path = fresh_path("model-" + storage);
  CHECK_SUCCEEDED(mddnet({"export", "--model", trained_run().string(), "--out", path.string(), "--storage", storage}));
  return path;
}

std::vector<Json> judged(const fs::path& model) {
  const fs::path json = fresh_path("results.json");
  CHECK_SUCCEEDED(predict(model, data_set(), {"--json", json.string(), "--quiet"}));
  return read_json(json)["images"].get<std::vector<Json>>();
}

}  // namespace

TEST_CASE("an exported model judges as its run does, and measures as well") {
  const std::vector<Json> expected = judged(trained_run());
  REQUIRE(expected.size() > 16);
  const fs::path plain = fresh_path("metrics.json");
  CHECK_SUCCEEDED(evaluate(trained_run(), data_set(), {"--json", plain.string(), "--quiet"}));
  for (const char* storage : {"f32", "f16"}) {
    CAPTURE(storage);
    const double tolerance = storage == std::string("f32") ? 1e-5 : 5e-3;
    const fs::path model = exported(storage);
    const std::vector<Json> found = judged(model);
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      for (const char* key : {"path", "vote", "scale"}) CHECK(found[i][key] == expected[i][key]);
      const auto score = expected[i]["score"].get<double>(), threshold = expected[i]["threshold"].get<double>();
      CHECK(found[i]["score"].get<double>() == doctest::Approx(score).epsilon(tolerance));
      // A score as close to the threshold as rounding is may fall on its other side.
      if (std::abs(score - threshold) > tolerance * score) CHECK(found[i]["verdict"] == expected[i]["verdict"]);
    }
    const fs::path json = fresh_path("metrics.json");
    CHECK_SUCCEEDED(
        evaluate(model, data_set(), {"--json", json.string(), "--report", fresh_path("page").string(), "--quiet"}));
    if (storage == std::string("f32")) CHECK(read_json(json) == read_json(plain));
    const Outcome info = mddnet({"info", "--model", model.string()});
    CHECK_SUCCEEDED(info);
    CHECK(info.out.find("tiny_basic at 64 x 64") != std::string::npos);
  }
}

TEST_CASE("what export and the readers of its files refuse") {
  const std::string run = trained_run().string(), missing = fresh_path("missing").string();
  CHECK_REFUSED(mddnet({"export", "--model", missing, "--out", fresh_path("model").string()}), 3, "no such file");
  CHECK_REFUSED(mddnet({"export", "--model", run, "--out", missing + "/model"}), 1, "cannot write");
  CHECK_REFUSED(mddnet({"export", "--model", run, "--out", missing, "--storage", "f8"}), 2, "--storage");
  Launch full;
  full.file_limit = 10000;
  CHECK_REFUSED(mddnet({"export", "--model", run, "--out", missing}, full), 1, "cannot write");
  CHECK_FALSE(fs::exists(missing));

  const fs::path picture = small_data_set() / "metal" / "test" / "good" / "000.png", cut = fresh_path("cut");
  const std::string good = read_bytes(exported("f16"));
  write_bytes(cut, good.substr(0, good.size() - 1));
  CHECK_REFUSED(predict(cut, picture), 3, cut.string());
  std::string damaged = good;
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 1);
  write_bytes(cut, damaged);
  CHECK_REFUSED(predict(cut, picture), 3, "checksum (the file is damaged)");
  CHECK_REFUSED(evaluate(picture, small_data_set()), 3, "unknown format");
  CHECK_REFUSED(predict(trained_run() / "model.safetensors", picture), 3, "mddnet export");
  TensorFile bent = TensorFile::read(exported("f16"));
  bent.header["__metadata__"]["version"] = "7";
  bent.write(cut);
  CHECK_REFUSED(mddnet({"info", "--model", cut.string()}), 3, "version of the exported file: expected 1, found 7");
}
