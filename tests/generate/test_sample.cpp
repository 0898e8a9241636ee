#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <doctest/doctest.h>
#include <set>
#include <string>

#include "core/error.h"
#include "eval/components.h"
#include "generate/sample.h"
#include "generate/scene.h"

using namespace mdd;
using namespace mdd::generate;

namespace {

constexpr std::int64_t kSide = 96;

RenderedSample defective(int class_index, int defect, std::uint32_t number) {
  return render_sample({class_index, defect, number, kSide, 3});
}

/// FNV-1a over bytes.
std::uint64_t hashed(const std::vector<std::uint8_t>& bytes, std::uint64_t hash) {
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3u;
  return hash;
}

}  // namespace

TEST_CASE("at least five classes of at least four kinds of defect, all with folder names") {
  CHECK(class_count() >= 5);
  std::set<std::string> classes;
  for (int i = 0; i < class_count(); ++i) {
    classes.insert(std::string(class_name(i)));
    std::set<std::string> defects;
    for (const std::string_view name : defect_names(i)) {
      CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
      defects.insert(std::string(name));
    }
    CHECK(defects.size() == defect_names(i).size());
    CHECK(defects.size() >= 4);
    CHECK(defects.count("good") == 0);
  }
  CHECK(static_cast<int>(classes.size()) == class_count());
}

TEST_CASE("the bytes of a seed never change: every class, every kind of defect") {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (int c = 0; c < class_count(); ++c) {
    const int defects = static_cast<int>(defect_names(c).size());
    for (int d = -1; d < defects; ++d) {
      const RenderedSample sample = render_sample({c, d, 7, 64, 42});
      hash = hashed(sample.mask.pixels, hashed(sample.image.pixels, hash));
    }
  }
  // A change of this number is a change of every generated data set: say so in the release notes.
  CHECK(hash == 0xd644f12cf129e521u);
}

TEST_CASE("a request is a pure function; seed, number and class matter") {
  const RenderedSample sample = render_sample({1, -1, 4, 64, 9});
  CHECK(sample.image.pixels == render_sample({1, -1, 4, 64, 9}).image.pixels);
  CHECK(sample.image.pixels != render_sample({1, -1, 4, 64, 10}).image.pixels);
  CHECK(sample.image.pixels != render_sample({1, -1, 5, 64, 9}).image.pixels);
  CHECK(sample.image.pixels != render_sample({2, -1, 4, 64, 9}).image.pixels);
}

TEST_CASE("good products: no defect, sensible exposure") {
  for (int c = 0; c < class_count(); ++c) {
    CAPTURE(class_name(c));
    const RenderedSample sample = defective(c, -1, 2);
    CHECK(std::count(sample.mask.pixels.begin(), sample.mask.pixels.end(), 0) == kSide * kSide);
    CHECK(sample.clean == sample.defective);
    double sum = 0.0;
    for (const std::uint8_t value : sample.image.pixels) sum += value;
    const double mean = sum / static_cast<double>(sample.image.pixels.size());
    CHECK(mean > 30.0);
    CHECK(mean < 225.0);
  }
}

TEST_CASE("masks are exact: set where a channel changed visibly, clear where nothing did") {
  for (int c = 0; c < class_count(); ++c) {
    for (int d = 0; d < static_cast<int>(defect_names(c).size()); ++d) {
      CAPTURE(class_name(c));
      CAPTURE(defect_names(c)[static_cast<std::size_t>(d)]);
      const RenderedSample sample = defective(c, d, 11);
      const RenderedSample good = defective(c, -1, 11);  // the same product, light and noise
      CHECK(good.clean == sample.clean);
      std::int64_t wrong_mask = 0;
      std::int64_t changed_outside = 0;
      std::int64_t area = 0;
      for (std::size_t i = 0; i < sample.mask.pixels.size(); ++i) {
        float difference = 0.0f;
        int levels = 0;
        for (std::size_t k = 3 * i; k < 3 * i + 3; ++k) {
          difference = std::max(difference, std::abs(sample.clean[k] - sample.defective[k]));
          levels = std::max(levels, std::abs(int{sample.image.pixels[k]} - int{good.image.pixels[k]}));
        }
        const bool marked = sample.mask.pixels[i] == 1;
        area += marked ? 1 : 0;
        if (marked != (difference > kMaskThreshold)) ++wrong_mask;
        if (!marked && levels > 5) ++changed_outside;  // four levels and one of rounding
      }
      CHECK(wrong_mask == 0);
      CHECK(changed_outside == 0);
      CHECK(area * 4000 >= kSide * kSide);
      CHECK(area * 2 < kSide * kSide);
    }
  }
}

TEST_CASE("every kind of defect is visible: its strongest change stands far above the noise") {
  for (int c = 0; c < class_count(); ++c) {
    for (int d = 0; d < static_cast<int>(defect_names(c).size()); ++d) {
      for (std::uint32_t number = 0; number < 3; ++number) {
        CAPTURE(class_name(c));
        CAPTURE(defect_names(c)[static_cast<std::size_t>(d)]);
        const RenderedSample sample = defective(c, d, number);
        float strongest = 0.0f;
        for (std::size_t i = 0; i < sample.clean.size(); ++i) {
          strongest = std::max(strongest, std::abs(sample.clean[i] - sample.defective[i]));
        }
        CHECK(strongest > 0.1f);
        // A handful of regions, not dust: AUPRO weighs every component alike.
        CHECK(eval::label_components(sample.mask.pixels, kSide, kSide).areas.size() <= 40);
      }
    }
  }
}

TEST_CASE("severity scales what lies on the surface, and nothing else") {
  const auto change = [](int c, int d, double severity) {
    double sum = 0.0;
    for (std::uint32_t number = 0; number < 3; ++number) {
      const RenderedSample sample = render_sample({c, d, number, kSide, 3, severity});
      for (std::size_t i = 0; i < sample.clean.size(); ++i) {
        sum += static_cast<double>(std::abs(sample.clean[i] - sample.defective[i]));
      }
    }
    return sum;
  };
  for (int c = 0; c < class_count(); ++c) {
    const auto kinds = scene_kinds()[static_cast<std::size_t>(c)].defects;
    for (int d = 0; d < static_cast<int>(kinds.size()); ++d) {
      CAPTURE(class_name(c));
      CAPTURE(kinds[static_cast<std::size_t>(d)].name);
      const double slight = change(c, d, 0.5), usual = change(c, d, 1.0), severe = change(c, d, 2.0);
      if (kinds[static_cast<std::size_t>(d)].type == DefectType::kStructure) {
        CHECK(slight == usual);
        CHECK(severe == usual);
      } else {
        CHECK(slight < 0.85 * usual);
        CHECK(severe > 1.2 * usual);
      }
    }
  }
}

TEST_CASE("impossible requests are refused") {
  CHECK_THROWS_AS((void)render_sample({0, 0, 0, 64, 0, kMaxSeverity * 1.01}), Error);
  CHECK_THROWS_AS((void)render_sample({0, 0, 0, 64, 0, std::nan("")}), Error);
  CHECK_THROWS_AS((void)render_sample({0, -1, 0, kMinSize - 1, 0}), Error);
  CHECK_THROWS_AS((void)render_sample({0, -1, 0, kMaxSize + 1, 0}), Error);
  CHECK_THROWS_AS((void)render_sample({class_count(), -1, 0, 64, 0}), Error);
  CHECK_THROWS_AS((void)render_sample({-1, -1, 0, 64, 0}), Error);
  CHECK_THROWS_AS((void)render_sample({0, 99, 0, 64, 0}), Error);
  CHECK_THROWS_AS((void)class_name(class_count()), Error);
}
