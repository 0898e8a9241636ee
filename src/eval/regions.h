// Where an anomaly map exceeds a threshold: connected regions with their boxes (spec S8).
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace mdd::eval {

/// Pixels x .. x + width - 1, y .. y + height - 1.
struct Box {
  std::int64_t x = 0, y = 0, width = 0, height = 0;
  friend bool operator==(const Box&, const Box&) = default;
};

struct Extents {
  std::int64_t height = 0, width = 0;
};

/// One region, in the map's pixels.
struct Region {
  Box box;
  std::int64_t area = 0;                ///< pixels
  float peak = 0.0f;                    ///< largest value of the map
  std::int64_t peak_x = 0, peak_y = 0;  ///< its first place in reading order
  float mean = 0.0f;                    ///< mean value of the map
};

struct RegionOptions {
  std::int64_t minimum_area = 1;  ///< pixels of the map; smaller regions are left out
};

/// The 8-connected regions of map > threshold (NaN is not), the highest peak first, equal peaks in reading order. `map`
/// is height x width, row by row. Throws Error(kRuntime) if the extents do not match the map.
[[nodiscard]] std::vector<Region> find_regions(std::span<const float> map, std::int64_t height, std::int64_t width,
                                               float threshold, const RegionOptions& options = {});

/// The smallest box of whole pixels in a picture of extents `to` that covers `box`, which was found in one of extents
/// `from`. Requires positive extents below 2^31 and a box within `from`.
[[nodiscard]] Box scale_box(const Box& box, const Extents& from, const Extents& to);

}  // namespace mdd::eval
