#include "eval/aupro.h"

#include <algorithm>
#include <vector>

#include "core/error.h"
#include "eval/components.h"
#include "eval/score_order.h"

namespace mdd::eval {
namespace {

struct SortedPixels {
  std::vector<std::uint32_t> normal;  ///< keys, ascending
  std::vector<std::uint64_t> defect;  ///< key << 32 | component, ascending by key
  std::vector<std::int64_t> areas;    ///< of every component of the class
};

void add_image(const ScoredImage& image, std::int64_t height, std::int64_t width, SortedPixels& pixels) {
  require(image.map.size() == static_cast<std::size_t>(height * width), "AUPRO: map is height x width");
  if (image.mask.empty()) {
    for (const float score : image.map) pixels.normal.push_back(ordered_key(score));
    return;
  }
  const Components components = label_components(image.mask, height, width);
  const std::uint64_t first = pixels.areas.size();
  pixels.areas.insert(pixels.areas.end(), components.areas.begin(), components.areas.end());
  require(pixels.areas.size() < (std::size_t{1} << 32), "AUPRO: fewer than 2^32 components");
  for (std::size_t i = 0; i < image.map.size(); ++i) {
    const std::uint32_t key = ordered_key(image.map[i]);
    if (components.labels[i] == 0) {
      pixels.normal.push_back(key);
    } else {
      const std::uint64_t component = first + static_cast<std::uint64_t>(components.labels[i] - 1);
      pixels.defect.push_back(std::uint64_t{key} << 32 | component);
    }
  }
}

double area_under_curve(const SortedPixels& pixels, double limit) {
  const auto key_of = [](std::uint64_t pixel) { return static_cast<std::uint32_t>(pixel >> 32); };
  const auto normals = static_cast<double>(pixels.normal.size());
  const auto components = static_cast<double>(pixels.areas.size());
  std::size_t normal = pixels.normal.size();  // pixels still below the threshold
  std::size_t defect = pixels.defect.size();
  double area = 0.0;
  double false_positive_rate = 0.0;
  double overlap = 0.0;      // mean over components, after the tie groups so far
  double overlap_sum = 0.0;  // the same times the number of components
  while (normal > 0) {
    const std::uint32_t key = std::max(pixels.normal[normal - 1], defect == 0 ? 0u : key_of(pixels.defect[defect - 1]));
    while (normal > 0 && pixels.normal[normal - 1] == key) --normal;
    for (; defect > 0 && key_of(pixels.defect[defect - 1]) == key; --defect) {
      const auto component = static_cast<std::uint32_t>(pixels.defect[defect - 1]);
      overlap_sum += 1.0 / static_cast<double>(pixels.areas[component]);
    }
    const double next_rate = static_cast<double>(pixels.normal.size() - normal) / normals;
    const double next_overlap = overlap_sum / components;
    if (next_rate >= limit) {
      const double share = (limit - false_positive_rate) / (next_rate - false_positive_rate);
      const double overlap_at_limit = overlap + share * (next_overlap - overlap);
      return area + 0.5 * (overlap + overlap_at_limit) * (limit - false_positive_rate);
    }
    area += 0.5 * (overlap + next_overlap) * (next_rate - false_positive_rate);
    false_positive_rate = next_rate;
    overlap = next_overlap;
  }
  fail(ErrorKind::kRuntime, "internal error: the AUPRO curve ended below its limit");  // the last rate is 1
}

}  // namespace

std::optional<double> aupro(std::span<const ScoredImage> images, std::int64_t height, std::int64_t width,
                            double limit) {
  require(limit > 0.0 && limit <= 1.0, "AUPRO: limit in (0, 1]");
  SortedPixels pixels;
  for (const ScoredImage& image : images) add_image(image, height, width, pixels);
  if (pixels.areas.empty() || pixels.normal.empty()) return std::nullopt;
  sort_by_key<0>(pixels.normal);
  sort_by_key<32>(pixels.defect);
  return area_under_curve(pixels, limit) / limit;
}

}  // namespace mdd::eval
