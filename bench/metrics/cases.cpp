#include "bench/metrics/cases.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include "bench/metrics/synthetic.h"
#include "core/atomic_file.h"
#include "report/dump.h"
#include "report/metrics_json.h"

namespace mdd::metrics_bench {
namespace {

constexpr std::int64_t kSide = 64;
constexpr std::uint64_t kImages = 12;

struct Case {
  const char* name;
  std::function<void(SyntheticImage& image, std::uint64_t index)> change;
};

/// Applies `change` to every value of the map, with whether it is a defect's.
std::function<void(SyntheticImage&, std::uint64_t)> mapped(const std::function<float(float, bool)>& change) {
  return [change](SyntheticImage& image, std::uint64_t) {
    for (std::size_t i = 0; i < image.map.size(); ++i) {
      image.map[i] = change(image.map[i], !image.mask.empty() && image.mask[i] != 0);
    }
  };
}

std::vector<Case> all_cases() {
  const auto quantised = [](float levels) {
    return mapped([levels](float value, bool) { return std::floor(value * levels) / levels; });
  };
  const auto speckled = [](SyntheticImage& image, std::uint64_t) {
    for (std::size_t i = 0; i < image.mask.size(); ++i) image.mask[i] = std::fmod(image.map[i] * 977.0f, 1.0f) < 0.2f;
  };
  const auto covered = [](SyntheticImage& image, std::uint64_t index) {
    if (index % 4 == 1) std::fill(image.mask.begin(), image.mask.end(), std::uint8_t{1});
  };
  const auto unmasked = [](SyntheticImage& image, std::uint64_t index) {
    if (index == 5) image.mask.clear();
  };
  const auto normal = [](SyntheticImage& image, std::uint64_t) {
    image.defective = false;
    image.mask.clear();
  };
  return {{"ordinary", [](SyntheticImage&, std::uint64_t) {}},
          {"tied_in_255_levels", quantised(255.0f)},
          {"tied_in_4_levels", quantised(4.0f)},
          {"constant", mapped([](float, bool) { return 0.25f; })},
          {"perfect", mapped([](float value, bool defect) { return value + (defect ? 2.0f : 0.0f); })},
          {"inverted", mapped([](float value, bool defect) { return value - (defect ? 2.0f : 0.0f); })},
          {"negative_and_large", mapped([](float value, bool) { return -1e6f * value; })},
          {"speckled_masks", speckled},
          {"masks_over_all", covered},
          {"missing_mask", unmasked},
          {"no_defect", normal}};
}

report::ClassResult write_class(report::Dump& dump, const Case& made, std::size_t number, std::uint64_t seed) {
  eval::ClassMetrics metrics(kSide, kSide);
  for (std::uint64_t i = 0; i < kImages; ++i) {
    SyntheticImage image = synthetic_image(seed, i, kSide);
    made.change(image, i);
    const bool right_vote = i % 3 == 0;
    const float score = *std::max_element(image.map.begin(), image.map.end());
    metrics.add({score, image.defective, right_vote ? 1 : 0, 1, image.map, image.mask});
    report::DumpedImage dumped;
    dumped.path = std::string(made.name) + "/" + std::to_string(i) + ".png";
    dumped.class_name = made.name;
    dumped.label = image.defective ? 1 : 0;
    if (!image.mask.empty()) dumped.masks.push_back(std::string(made.name) + "/" + std::to_string(i) + "_mask.png");
    dumped.score = score;
    dumped.vote = right_vote ? made.name : "another";
    dumped.map = image.map;
    dumped.resized_mask = image.mask;
    dump.add(number + i, dumped, kSide);
  }
  return {made.name, metrics.row(), metrics.ader_row()};
}

}  // namespace

void write_cases(const std::filesystem::path& folder, std::uint64_t seed) {
  report::Dump dump(folder);
  report::Results results;
  for (const Case& made : all_cases()) {
    results.classes.push_back(write_class(dump, made, results.classes.size() * kImages, seed++));
  }
  dump.finish();
  write_atomically(folder / "metrics.json", report::metrics_json(results));
}

}  // namespace mdd::metrics_bench
