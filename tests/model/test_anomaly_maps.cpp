// From features to maps and scores, with features whose cosines are known by hand.
#include <algorithm>
#include <cmath>

#include "model/anomaly_map.h"
#include "model/tiny_problem.h"

using namespace mdd;
using namespace mdd::test;

namespace {

constexpr std::int64_t kSide = 64;

class Fixture {
 public:
  /// Features of one image that point the same way, (x, y), at every position of every level.
  Features pointing(float x, float y) {
    Features out;
    for (std::size_t level = 0; level < 3; ++level)
      out[level] = level_of(level, [&](auto, auto) { return std::pair(x, y); });
    return out;
  }
  /// Direction by position.
  template <class Direction>
  Variable level_of(std::size_t level, const Direction& direction) {
    const std::int64_t extent = kSide / (4 << level);
    Variable out = tape.features({1, extent, extent, 2}, false);
    std::vector<float> values;
    for (std::int64_t i = 0; i < extent; ++i) {
      for (std::int64_t j = 0; j < extent; ++j) {
        const auto [x, y] = direction(i, j);
        values.insert(values.end(), {x, y});
      }
    }
    backend->copy_from_host(out->value, std::as_bytes(std::span(values)));
    return out;
  }
  static ModelOutput output(const Features& teacher, const Features& restored, const Features& identity) {
    ModelOutput out;
    out.teacher = teacher;
    out.restored = restored;
    out.identity = identity;
    return out;
  }

  std::unique_ptr<Backend> backend = make_cpu_backend();
  StepArena arena{*backend};
  Tape tape{*backend, arena, false};
};

void check_constant(const std::vector<float>& map, double value) {
  REQUIRE(map.size() == kSide * kSide);
  const auto [low, high] = std::minmax_element(map.begin(), map.end());
  CHECK(*low == doctest::Approx(value).epsilon(1e-5));
  CHECK(*high == doctest::Approx(value).epsilon(1e-5));
}

}  // namespace

TEST_CASE("equal features: no anomaly") {
  Fixture f;
  const Features same = f.pointing(0.3f, 0.7f);
  const AnomalyMaps maps = anomaly_maps(f.tape, {}, Fixture::output(same, same, same), kSide);
  for (const float v : fetch(*f.backend, maps.fused->value)) CHECK(std::fabs(v) < 1e-5f);
  CHECK(std::fabs(fetch(*f.backend, maps.scores->value)[0]) < 1e-5f);
}

TEST_CASE("every fusion of two constant maps, blurred, is what arithmetic says") {
  Fixture f;
  // Teacher and restored at a right angle, 1 - cos = 1 on each level; restored and identity with cosine 1/4.
  const ModelOutput output = Fixture::output(f.pointing(2, 0), f.pointing(0, 3), f.pointing(std::sqrt(15.0f), 1.0f));
  const auto fused = [&](MapFusion fusion, ScoreRule rule) {
    const AnomalyMaps maps = anomaly_maps(f.tape, {fusion, 0.25f, 4.0f, rule}, output, kSide);
    check_constant(fetch(*f.backend, maps.teacher_restored->value), 3.0);
    check_constant(fetch(*f.backend, maps.restored_identity->value), 2.25);
    const std::vector<float> map = fetch(*f.backend, maps.fused->value);
    CHECK(fetch(*f.backend, maps.scores->value)[0] == doctest::Approx(map[0]).epsilon(1e-5));
    return map;
  };
  for (const ScoreRule rule : {ScoreRule::kMaximum, ScoreRule::kTopPercent}) {
    check_constant(fused(MapFusion::kSum, rule), 5.25);
    check_constant(fused(MapFusion::kProduct, rule), 6.75);
    check_constant(fused(MapFusion::kTeacherRestored, rule), 3.0);
    check_constant(fused(MapFusion::kRestoredIdentity, rule), 2.25);
    check_constant(fused(MapFusion::kWeighted, rule), 0.75 * 3.0 + 0.25 * 2.25);
  }
}

TEST_CASE("without identity decoder every fusion is the one map there is") {
  Fixture f;
  const ModelOutput output = Fixture::output(f.pointing(1, 0), f.pointing(0, 1), {});
  for (const MapFusion fusion : {MapFusion::kSum, MapFusion::kProduct, MapFusion::kTeacherRestored,
                                 MapFusion::kRestoredIdentity, MapFusion::kWeighted}) {
    const AnomalyMaps maps = anomaly_maps(f.tape, {fusion, 0.5f, 4.0f, ScoreRule::kMaximum}, output, kSide);
    check_constant(fetch(*f.backend, maps.fused->value), 3.0);
    check_constant(fetch(*f.backend, maps.restored_identity->value), 0.0);
  }
}

TEST_CASE("a defect in one corner shows in that corner, spread by the blur") {
  Fixture f;
  const Features normal = f.pointing(1, 0);
  Features restored;
  for (std::size_t level = 0; level < 3; ++level) {
    const std::int64_t quarter = kSide / (4 << level) / 4;
    restored[level] = f.level_of(level, [&](std::int64_t i, std::int64_t j) {
      return i < quarter && j >= 3 * quarter ? std::pair(0.0f, 1.0f) : std::pair(1.0f, 0.0f);
    });
  }
  const auto map = [&](float sigma, ScoreRule rule) {
    const AnomalyMaps maps =
        anomaly_maps(f.tape, {MapFusion::kSum, 0.5f, sigma, rule}, Fixture::output(normal, restored, {}), kSide);
    return std::pair(fetch(*f.backend, maps.fused->value), fetch(*f.backend, maps.scores->value)[0]);
  };
  const auto [sharp, sharp_score] = map(0.0f, ScoreRule::kMaximum);
  CHECK(sharp[kSide - 1] == doctest::Approx(3.0));
  CHECK(sharp_score == doctest::Approx(3.0));
  CHECK(std::fabs(sharp[0]) < 1e-6f);
  CHECK(std::fabs(sharp[kSide * kSide - 1]) < 1e-6f);
  const auto [blurred, score] = map(4.0f, ScoreRule::kMaximum);
  const auto peak = std::max_element(blurred.begin(), blurred.end()) - blurred.begin();
  CHECK(peak / kSide < kSide / 4);
  CHECK(peak % kSide >= 3 * kSide / 4);
  CHECK(score == *std::max_element(blurred.begin(), blurred.end()));
  CHECK(score < sharp_score);
  CHECK(map(4.0f, ScoreRule::kTopPercent).second < score);
}

TEST_CASE("inference of a whole model: one score and one map an image, whatever its company") {
  TinyProblem problem(tiny());
  problem.model.fold();
  Tape tape(*problem.backend, problem.arena, false);
  const auto scores = [&](const Variable& images) {
    const Features teacher = problem.model.encoder().forward(tape, images);
    const AnomalyMaps maps = anomaly_maps(tape, {}, problem.model.forward(tape, teacher), kSide);
    CHECK(maps.fused->value.shape == Shape{images->value.shape[0], kSide, kSide});
    return fetch(*problem.backend, maps.scores->value);
  };
  const std::vector<float> both = scores(problem.images().variable());
  const std::vector<float> second = scores(Tape::rows(problem.images().variable(), 1, 1));
  REQUIRE(both.size() == 2);
  REQUIRE(second.size() == 1);
  CHECK(second[0] == doctest::Approx(both[1]).epsilon(1e-4));
  CHECK(both[0] != both[1]);
}
