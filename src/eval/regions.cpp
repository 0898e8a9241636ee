#include "eval/regions.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "eval/components.h"

namespace mdd::eval {
namespace {

/// A region while it grows.
struct Growing {
  std::int64_t left, top, right, bottom;  ///< inclusive
  std::int64_t peak_at;
  double sum;
};

std::vector<Growing> measure(std::span<const float> map, std::int64_t width, const Components& components) {
  std::vector<Growing> out(components.areas.size(), {width, -1, -1, -1, -1, 0.0});
  for (std::size_t at = 0; at < map.size(); ++at) {
    if (components.labels[at] == 0) continue;
    Growing& region = out[static_cast<std::size_t>(components.labels[at] - 1)];
    const auto place = static_cast<std::int64_t>(at);
    const std::int64_t x = place % width, y = place / width;
    if (region.top < 0) region.top = y;
    region.bottom = y;
    region.left = std::min(region.left, x);
    region.right = std::max(region.right, x);
    if (region.peak_at < 0 || map[at] > map[static_cast<std::size_t>(region.peak_at)]) region.peak_at = place;
    region.sum += static_cast<double>(map[at]);
  }
  return out;
}

}  // namespace

std::vector<Region> find_regions(std::span<const float> map, std::int64_t height, std::int64_t width, float threshold,
                                 const RegionOptions& options) {
  std::vector<std::uint8_t> mask(map.size());
  std::transform(map.begin(), map.end(), mask.begin(), [&](float value) { return value > threshold ? 1 : 0; });
  const Components components = label_components(mask, height, width);
  const std::vector<Growing> measured = measure(map, width, components);
  std::vector<Region> out;
  for (std::size_t i = 0; i < measured.size(); ++i) {
    const std::int64_t area = components.areas[i];
    if (area < options.minimum_area) continue;
    const Growing& g = measured[i];
    out.push_back({{g.left, g.top, g.right - g.left + 1, g.bottom - g.top + 1},
                   area,
                   map[static_cast<std::size_t>(g.peak_at)],
                   g.peak_at % width,
                   g.peak_at / width,
                   static_cast<float>(g.sum / static_cast<double>(area))});
  }
  std::stable_sort(out.begin(), out.end(), [](const Region& a, const Region& b) { return a.peak > b.peak; });
  return out;
}

Box scale_box(const Box& box, const Extents& from, const Extents& to) {
  require(from.height > 0 && from.width > 0 && to.height > 0 && to.width > 0, "scaling a box: positive extents");
  const auto scale = [](std::int64_t begin, std::int64_t length, std::int64_t old_side, std::int64_t new_side) {
    const std::int64_t first = begin * new_side / old_side;
    const std::int64_t end = ((begin + length) * new_side + old_side - 1) / old_side;
    return std::pair{first, end - first};
  };
  const auto [x, width] = scale(box.x, box.width, from.width, to.width);
  const auto [y, height] = scale(box.y, box.height, from.height, to.height);
  return {x, y, width, height};
}

}  // namespace mdd::eval
