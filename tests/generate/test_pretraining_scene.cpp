#include <algorithm>
#include <doctest/doctest.h>
#include <set>

#include "core/error.h"
#include "generate/pretraining_material.h"
#include "generate/pretraining_overlay.h"
#include "generate/pretraining_scene.h"
#include "generate/sample.h"

using namespace mdd::generate;

namespace {

constexpr int kFirstOverlay = pretraining::kMaterialCount;
constexpr int kFirstClass = kFirstOverlay + pretraining::kOverlayCount;

bool shows_product(const LabelledScene& scene) {
  return std::any_of(scene.labels.begin(), scene.labels.end(), [](int label) { return label >= kFirstClass; });
}

}  // namespace

TEST_CASE("a pretraining scene is a pure function of its request") {
  for (std::uint64_t number = 0; number < 6; ++number) {
    const PretrainingRequest request{3, number, 64};
    const LabelledScene first = render_pretraining_scene(request);
    const LabelledScene again = render_pretraining_scene(request);
    CHECK(first.image.pixels == again.image.pixels);
    CHECK(first.labels == again.labels);
    CHECK(first.image.pixels != render_pretraining_scene({3, number + 1, 64}).image.pixels);
    CHECK(first.image.pixels != render_pretraining_scene({4, number, 64}).image.pixels);
  }
}

TEST_CASE("labels of pretraining scenes are valid and all kinds of them occur") {
  std::set<int> seen;
  int products = 0, mosaics_of_several = 0;
  constexpr int kScenes = 240;
  for (int number = 0; number < kScenes; ++number) {
    const LabelledScene scene = render_pretraining_scene({11, static_cast<std::uint64_t>(number), 64});
    REQUIRE(scene.image.height == 64);
    REQUIRE(scene.image.width == 64);
    REQUIRE(scene.image.pixels.size() == 64 * 64 * 3);
    REQUIRE(scene.labels.size() == 64 * 64);
    const std::set<int> here(scene.labels.begin(), scene.labels.end());
    REQUIRE(*here.rbegin() < pretraining_label_count());
    const bool product = shows_product(scene);
    products += product ? 1 : 0;
    mosaics_of_several += !product && here.size() > 1 ? 1 : 0;
    seen.insert(here.begin(), here.end());
  }
  const auto seen_from_to = [&](int first, int end) {
    return static_cast<int>(std::distance(seen.lower_bound(first), seen.lower_bound(end)));
  };
  CHECK(seen_from_to(0, kFirstOverlay) > 150);
  CHECK(seen_from_to(kFirstOverlay, kFirstClass) == pretraining::kOverlayCount);
  CHECK(seen_from_to(kFirstClass, kFirstClass + class_count()) == class_count());
  const int defects = pretraining_label_count() - kFirstClass - class_count();
  CHECK(seen_from_to(kFirstClass + class_count(), pretraining_label_count()) > defects / 3);
  CHECK(products > kScenes / 5);
  CHECK(products < kScenes * 2 / 5);
  CHECK(mosaics_of_several > (kScenes - products) * 3 / 4);
}

TEST_CASE("overlays are told from surfaces") {
  int defects = 0;
  for (int index = 0; index < class_count(); ++index) defects += static_cast<int>(defect_names(index).size());
  CHECK(pretraining_label_count() == kFirstClass + class_count() + defects);
  CHECK_FALSE(is_overlay(0));
  CHECK_FALSE(is_overlay(kFirstOverlay - 1));
  CHECK(is_overlay(kFirstOverlay));
  CHECK(is_overlay(kFirstClass - 1));
  CHECK_FALSE(is_overlay(kFirstClass));
  CHECK_FALSE(is_overlay(kFirstClass + class_count() - 1));
  CHECK(is_overlay(kFirstClass + class_count()));
  CHECK(is_overlay(pretraining_label_count() - 1));
}

TEST_CASE("an overlay is labelled exactly where it visibly changed the picture") {
  for (int kind = 0; kind < pretraining::kOverlayCount; ++kind) {
    std::size_t labelled = 0;
    for (std::uint64_t attempt = 0; attempt < 4; ++attempt) {
      pretraining::QuickDice dice(100 * static_cast<std::uint64_t>(kind) + attempt);
      pretraining::Canvas canvas(64);
      pretraining::lay_materials(canvas, dice);
      for (pretraining::Rgb& colour : canvas.colours) colour = pretraining::saturate(colour);
      const pretraining::Canvas before = canvas;
      pretraining::lay_overlay(canvas, static_cast<pretraining::Overlay>(kind), 1000, dice);
      for (std::size_t i = 0; i < canvas.colours.size(); ++i) {
        const pretraining::Rgb change = canvas.colours[i] - before.colours[i];
        const bool visible =
            std::max({std::abs(change.r), std::abs(change.g), std::abs(change.b)}) > pretraining::kVisibleChange;
        REQUIRE(canvas.labels[i] == (visible ? 1000 + kind : before.labels[i]));
        labelled += visible ? 1 : 0;
      }
    }
    CAPTURE(kind);
    CHECK(labelled > 0);
  }
}

TEST_CASE("materials of one family differ from each other") {
  for (int a = 0; a < pretraining::kMaterialCount; ++a) {
    for (int b = a + 1; b < pretraining::kMaterialCount; ++b) {
      const pretraining::Material& first = pretraining::material(a);
      const pretraining::Material& second = pretraining::material(b);
      if (first.family == second.family) CHECK(first.period != second.period);
    }
  }
}

TEST_CASE("a pretraining picture too small or too large is refused") {
  for (const std::int64_t side : {std::int64_t{-1}, std::int64_t{0}, std::int64_t{63}, std::int64_t{513}}) {
    CHECK_THROWS_AS((void)render_pretraining_scene({0, 0, side}), mdd::Error);
  }
  CHECK(render_pretraining_scene({0, 1, 65}).labels.size() == 65 * 65);
  CHECK(render_pretraining_scene({0, 2, 512}).labels.size() == 512 * 512);
}
