// Inference over images: what comes back for each, whatever it is scored together with.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/atomic_file.h"
#include "data/dataset.h"
#include "generate/dataset.h"
#include "inference/scorer.h"
#include "model/tiny_problem.h"
#include "support/temporary_folder.h"
#include "train/refusal.h"

using namespace mdd;
using namespace mdd::test;

namespace {

data::Image picture(std::int64_t side, std::uint32_t item) {
  RandomStream stream(1, 0, item, Purpose::kTest);
  data::Image out{side, side, {}};
  for (std::int64_t i = 0; i < side * side * 3; ++i) out.pixels.push_back(static_cast<std::uint8_t>(stream.below(256)));
  return out;
}

class Fixture {
 public:
  explicit Fixture(const ModelOptions& options = tiny()) : model(*backend, options, false) {
    model.initialise(1);
    StepArena arena(*backend);
    Tape tape(*backend, arena, false);
    model.encoder().calibrate(tape, random_images(*backend, 2, 64, 1).variable());
  }
  std::unique_ptr<Backend> backend = make_cpu_backend();
  MddNet model;
  std::vector<data::Image> images{picture(64, 1), picture(64, 2), picture(64, 3)};
};

}  // namespace

TEST_CASE("each image has its score, map and vote, alone or in company") {
  Fixture f;
  Scorer scorer(f.model, {}, 64);
  const std::vector<ScoredResult> all = scorer.score(f.images, true);
  REQUIRE(all.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const ScoredResult& r = all[i];
    REQUIRE(r.map.size() == 64 * 64);
    CHECK(r.score == *std::max_element(r.map.begin(), r.map.end()));
    CHECK(r.teacher_restored.size() == 64 * 64);
    CHECK(r.restored_identity.size() == 64 * 64);
    REQUIRE(r.mass.size() == 3);
    const auto slots = static_cast<std::size_t>(tiny().slots), prototypes = 3 * slots;
    REQUIRE(r.attention.size() == 4 * prototypes);  // 2 x 2 cells
    for (std::size_t c = 0; c < 3; ++c) {           // the mass is the mean over cells of what fell on the class
      float sum = 0;
      for (std::size_t k = 0; k < r.attention.size(); ++k) sum += k % prototypes / slots == c ? r.attention[k] : 0.0f;
      CHECK(sum / 4.0f == doctest::Approx(r.mass[c]).epsilon(1e-4));
    }
    CHECK(std::accumulate(r.mass.begin(), r.mass.end(), 0.0f) == doctest::Approx(1.0f));
    CHECK(r.mass[static_cast<std::size_t>(r.vote)] == *std::max_element(r.mass.begin(), r.mass.end()));
    const std::vector<ScoredResult> alone = scorer.score(std::span(f.images).subspan(i, 1));
    REQUIRE(alone.size() == 1);
    CHECK(alone[0].score == doctest::Approx(r.score).epsilon(1e-4));
    CHECK(alone[0].teacher_restored.empty());  // only on request
    CHECK(alone[0].restored_identity.empty());
    CHECK(alone[0].attention.empty());
  }
  CHECK(all[0].score != all[1].score);
}

TEST_CASE("the vote without memory: the only class there is, or none") {
  for (const std::int64_t classes : {1, 2}) {
    ModelOptions options = tiny();
    options.memory = false;
    options.classes = classes;
    Fixture f(options);
    const ScoredResult result = Scorer(f.model, {}, 64).score(std::span(f.images).first(1), true)[0];
    CHECK(result.mass.empty());
    CHECK(result.attention.empty());
    CHECK(result.vote == (classes == 1 ? 0 : -1));
  }
}

TEST_CASE("an image of another size, or weights that are broken, are refused") {
  Fixture f;
  {
    Scorer scorer(f.model, {}, 64);
    const std::vector<data::Image> wrong{picture(96, 1)};
    CHECK_THROWS_AS(static_cast<void>(scorer.score(wrong)), Error);
    CHECK_NOTHROW(static_cast<void>(scorer.score(f.images)));  // nothing of the refused batch stays behind
  }
  const float infinite = INFINITY;
  f.backend->copy_from_host(
      {f.model.trained().find("restoration.layer3.0.bn2.bias")->view.value.data, DType::kF32, {1}},
      std::as_bytes(std::span(&infinite, 1)));
  Scorer scorer(f.model, {}, 64);
  check_refused(ErrorKind::kRuntime, {"not a number", "weights are broken"},
                [&] { static_cast<void>(scorer.score(f.images)); });
}

TEST_CASE("files are scored in order; one that cannot be read is told apart") {
  const TemporaryFolder folder;
  generate::generate_dataset(
      {.out = folder / "data", .classes = 1, .size = 64, .train = 5, .test_good = 1, .test_defect = 1, .seed = 2},
      nullptr);
  std::vector<std::filesystem::path> paths = data::list_images(folder / "data");
  REQUIRE(paths.size() >= 5);
  paths.resize(5);
  write_atomically(folder / "broken.png", "no image");
  paths.insert(paths.begin() + 2, folder / "broken.png");

  Fixture f;
  Scorer scorer(f.model, {}, 64);
  std::vector<std::size_t> scored, failed;
  const auto on_result = [&](std::size_t i, const data::Image& image, ScoredResult& result) {
    scored.push_back(i);
    const ScoredResult again = scorer.score(std::span(&image, 1))[0];
    CHECK(again.score == doctest::Approx(result.score).epsilon(1e-4));
  };
  const auto on_error = [&](std::size_t i, const Error& error) {
    failed.push_back(i);
    CHECK(std::string(error.what()).find("broken.png") != std::string::npos);
  };
  score_files(scorer, paths, {2, false}, {on_result, on_error});
  CHECK(scored == std::vector<std::size_t>{0, 1, 3, 4, 5});
  CHECK(failed == std::vector<std::size_t>{2});
  check_refused(ErrorKind::kData, {"broken.png"}, [&] {
    score_files(scorer, paths, {2, false}, {on_result, nullptr});
  });
}
