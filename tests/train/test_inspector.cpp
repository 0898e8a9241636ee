// Verdicts about images in memory.
#include <algorithm>

#include "data/resize.h"
#include "inference/inspector.h"
#include "model/tiny_problem.h"
#include "train/refusal.h"

using namespace mdd;
using namespace mdd::test;

namespace {

/// Smooth, so that maps have regions of some size.
data::Image picture(std::int64_t height, std::int64_t width, std::uint32_t item) {
  RandomStream random(19, 0, item, Purpose::kTest);
  data::Image tiles{4, 4, {}};
  for (int i = 0; i < 48; ++i) tiles.pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
  return data::resize_antialiased(tiles, height, width);
}

/// A run of an untrained model, in memory.
class Fixture {
 public:
  explicit Fixture(bool memory = true) : memory_(memory) {}

  [[nodiscard]] TrainedRun run() const {
    TrainedRun out;
    out.path = "a run";
    out.thresholds = thresholds_;
    out.config.model = tiny();
    out.config.model.memory = memory_;
    out.config.image_size = 64;
    out.config.class_names = {"a", "b", "c"};
    out.model = std::make_unique<MddNet>(*backend, out.config.model, false);
    out.model->initialise(1);
    StepArena arena(*backend);
    Tape tape(*backend, arena, false);
    out.model->encoder().calibrate(tape, random_images(*backend, 2, 64, 1).variable());
    return out;
  }
  /// All classes get these calibration scores.
  void calibrate(const std::vector<float>& scores, bool optimistic = false) {
    const eval::Calibration one = eval::make_calibration(scores, optimistic);
    thresholds_ = {{"a", "b", "c"}, {one, one, one}};
  }
  [[nodiscard]] Judgement judge(const data::Image& image, const InspectorOptions& options = {}) const {
    return Inspector(run(), options).judge(std::span(&image, 1))[0];
  }

  std::unique_ptr<Backend> backend = make_cpu_backend();

 private:
  std::optional<Thresholds> thresholds_;
  bool memory_;
};

}  // namespace

TEST_CASE("an inspector says what a scorer says, for images of any extents, in order and batch by batch") {
  Fixture f;
  const std::vector<data::Image> images{picture(64, 64, 1), picture(30, 200, 2), picture(129, 65, 3)};
  std::vector<ScoredResult> expected;
  {
    const TrainedRun run = f.run();
    Scorer scorer(*run.model, run.config.map, 64);
    for (const data::Image& image : images) {
      const data::Image small = data::resize_antialiased(image, 64, 64);
      expected.push_back(scorer.score(std::span(&small, 1))[0]);
    }
  }
  Inspector alone(f.run(), {.batch = 1}), together(f.run(), {.batch = 2});
  const std::vector<Judgement> judgements = alone.judge(images), others = together.judge(images);
  REQUIRE(judgements.size() == 3);
  REQUIRE(others.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(judgements[i].score == expected[i].score);
    CHECK(judgements[i].map == expected[i].map);
    CHECK(judgements[i].class_mass == expected[i].mass);
    CHECK(judgements[i].vote == expected[i].vote);
    CHECK(judgements[i].class_name == std::string(1, static_cast<char>('a' + expected[i].vote)));
    CHECK(judgements[i].height == images[i].height);
    CHECK(judgements[i].width == images[i].width);
    CHECK(others[i].score == doctest::Approx(expected[i].score).epsilon(1e-4));
  }
  CHECK(alone.judge(std::span<const data::Image>()).empty());
}

TEST_CASE("verdict, threshold and regions, in the map's pixels and in the photograph's") {
  Fixture f;
  const data::Image image = picture(96, 320, 4);
  f.calibrate({1000.0f});
  const Judgement normal = f.judge(image);
  CHECK(normal.verdict == Verdict::kNormal);
  CHECK(normal.regions.empty());
  REQUIRE(normal.threshold);
  CHECK(normal.threshold->images == 1);
  CHECK_FALSE(normal.threshold->rate_resolved);

  const float half = 0.5f * (*std::min_element(normal.map.begin(), normal.map.end()) + normal.score);
  f.calibrate({half, 0.1f * half, 0.2f * half}, true);
  const Judgement defect = f.judge(image, {.false_positive_rate = 0.25});
  CHECK(defect.verdict == Verdict::kDefect);
  REQUIRE(defect.threshold);
  CHECK(defect.threshold->value == half);
  CHECK(defect.threshold->images == 3);
  CHECK(defect.threshold->optimistic);
  CHECK(defect.threshold->rate_resolved);
  CHECK(defect.scale == 2.0f * half);
  const std::vector<eval::Region> expected = eval::find_regions(defect.map, 64, 64, half);
  REQUIRE(!expected.empty());
  REQUIRE(defect.regions.size() == expected.size());
  CHECK(defect.regions[0].on_map.peak == defect.score);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const FoundRegion& region = defect.regions[i];
    CHECK(region.on_map.box == expected[i].box);
    CHECK(region.box == eval::scale_box(expected[i].box, {64, 64}, {96, 320}));
    CHECK(region.area == doctest::Approx(static_cast<double>(expected[i].area) * 7.5));  // 1.5 x 5 pixels each
    CHECK(region.peak_x >= region.box.x);
    CHECK(region.peak_x < region.box.x + region.box.width);
    CHECK(region.peak_y >= region.box.y);
    CHECK(region.peak_y < region.box.y + region.box.height);
  }

  const auto largest = static_cast<std::int64_t>(defect.regions[0].area);
  const Judgement few = f.judge(image, {.false_positive_rate = 0.25, .minimum_area = largest});
  CHECK(few.regions.size() <= defect.regions.size());
  for (const FoundRegion& region : few.regions) CHECK(region.area >= static_cast<double>(largest));
  const Judgement none = f.judge(image, {.false_positive_rate = 0.25, .minimum_area = 96 * 320 + 1});
  CHECK(none.regions.empty());
  CHECK(none.verdict == Verdict::kDefect);
}

TEST_CASE("the colour scale depends on no image and no rate") {
  Fixture f;
  f.calibrate({0.25f, 0.75f, 0.5f});
  Inspector low(f.run(), {.false_positive_rate = 0.0}), high(f.run(), {.false_positive_rate = 0.9});
  CHECK(low.thresholds()[0].value > high.thresholds()[0].value);
  for (std::uint32_t item = 5; item < 8; ++item) {
    const data::Image image = picture(64, 64, item);
    CHECK(low.judge(std::span(&image, 1))[0].scale == 1.5f);
    CHECK(high.judge(std::span(&image, 1))[0].scale == 1.5f);
  }
}

TEST_CASE("without thresholds, or without a vote, the verdict is unknown") {
  Fixture f, voteless(false);
  voteless.calibrate({0.25f});
  for (Fixture* fixture : {&f, &voteless}) {
    Inspector inspector(fixture->run());
    CHECK_FALSE(inspector.gives_verdicts());
    const data::Image image = picture(64, 64, 9);
    const Judgement judgement = inspector.judge(std::span(&image, 1))[0];
    CHECK(judgement.verdict == Verdict::kUnknown);
    CHECK_FALSE(judgement.threshold);
    CHECK(judgement.regions.empty());
    CHECK(judgement.scale == (fixture == &f ? 1.0f : 0.5f));
    CHECK(judgement.class_name.empty() == (fixture == &voteless));
  }
}

TEST_CASE("what an inspector refuses") {
  Fixture f;
  const auto refused = [&](const InspectorOptions& options, const std::string& text) {
    check_refused(ErrorKind::kUsage, {text}, [&] { Inspector(f.run(), options); });
  };
  refused({.false_positive_rate = 1.0}, "false-positive rate");
  refused({.minimum_area = 0}, "minimum area");
  refused({.batch = 0}, "batch");
  check_refused(ErrorKind::kData, {"folder of a run"}, [&] { Inspector(*f.backend, "no/such/run"); });
  Inspector inspector(f.run());
  for (const data::Image& image : {data::Image{0, 5, {}}, data::Image{4, 4, std::vector<std::uint8_t>(47)},
                                   data::Image{-1, -1, std::vector<std::uint8_t>(3)}, data::Image{70000, 1, {}}}) {
    check_refused(ErrorKind::kUsage, {"expected extents"},
                  [&] { static_cast<void>(inspector.judge(std::span(&image, 1))); });
  }
}
