// A small report over made-up images, with names that try to become markup.
#pragma once
#include <algorithm>
#include <cmath>

#include "core/atomic_file.h"
#include "report/report.h"
#include "support/temporary_folder.h"

namespace mdd::test {

inline constexpr std::int64_t kSide = 64, kSlots = 3;
inline const std::string kHostileName = "<script>alert('x')</script>&\"bolt\" \xff \xe2\x80\xae";

/// A picture with its maps; the defect is a bright square.
struct MadeImage {
  data::Image image{kSide, kSide, {}};
  std::vector<std::uint8_t> mask;
  std::vector<float> map, raw, mass, attention;

  MadeImage(std::size_t true_class, std::size_t classes, bool defective, float score) {
    for (std::int64_t i = 0; i < kSide * kSide; ++i) {
      const std::int64_t y = i / kSide, x = i % kSide;
      const bool hit = defective && y > 20 && y < 34 && x > 12 && x < 30;
      for (const std::int64_t k : {1, 2, 3}) {
        image.pixels.push_back(static_cast<std::uint8_t>(hit ? 230 : (x * k + y) % 160));
      }
      if (defective) mask.push_back(hit ? 1 : 0);
      map.push_back(score * std::exp(-static_cast<float>((y - 27) * (y - 27) + (x - 20) * (x - 20)) / 90.0f));
    }
    raw = map;
    const std::size_t prototypes = classes * static_cast<std::size_t>(kSlots);
    for (std::size_t cell = 0; cell < 4; ++cell) {
      for (std::size_t p = 0; p < prototypes; ++p) {
        const bool own = p == true_class * static_cast<std::size_t>(kSlots) + cell % 2;
        attention.push_back(own ? 0.8f : 0.2f / static_cast<float>(prototypes - 1));
      }
    }
    mass.assign(classes, 0.1f);
    mass[true_class] = 1.0f - 0.1f * static_cast<float>(classes - 1);
  }
};

inline report::ReportHeader made_header(const std::vector<std::string>& classes) {
  report::ReportHeader header{.model = "runs/made",
                              .encoder = "tiny_basic",
                              .data = "data/" + kHostileName,
                              .date = "2000-01-01 00:00 UTC",
                              .version = "mddnet 0",
                              .image_size = kSide,
                              .false_positive_rate = 0.1,
                              .classes = {},
                              .slots = kSlots,
                              .identity = true};
  for (const std::string& name : classes) header.classes.push_back({name, {0.5f, 5, false, false, 0.1, 0.4}, 1.2f});
  return header;
}

/// Ten images of each class, half of them defective. Normal scores 0.1 .. 0.6, defective ones 0.4 .. 0.9: at the
/// threshold 0.5, each class has one missed defect and one false alarm. Returns the size of the page.
inline std::uint64_t write_made_report(const std::filesystem::path& folder, const std::vector<std::string>& classes,
                                       std::size_t images = 6) {
  report::Report report(folder / "page", made_header(classes), {images});
  report::Results results;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    for (int i = 0; i < 10; ++i) {
      const bool defective = i >= 5;
      const float score = defective ? 0.42f + 0.12f * static_cast<float>(i - 5) : 0.1f + 0.12f * static_cast<float>(i);
      const MadeImage made(c, classes.size(), defective, score);
      const std::filesystem::path path = folder / (std::to_string(c) + "-" + std::to_string(i) + ".png");
      data::save_png(path, kSide, kSide, 3, made.image.pixels);
      report.add({.path = path,
                  .name = classes[c] + "/" + std::to_string(i) + ".png",
                  .class_name = classes[c],
                  .defective = defective,
                  .score = score,
                  .vote = static_cast<std::int64_t>(c),
                  .image = &made.image,
                  .mask = made.mask,
                  .fused = made.map,
                  .teacher_restored = made.raw,
                  .restored_identity = made.raw,
                  .mass = made.mass,
                  .attention = made.attention});
    }
    eval::MetricRow row;
    row.image_auroc = 0.5 + 0.1 * static_cast<double>(c);
    row.images = 10;
    results.classes.push_back({classes[c], row, std::nullopt});
  }
  return report.finish(results);
}

}  // namespace mdd::test
