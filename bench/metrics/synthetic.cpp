#include "bench/metrics/synthetic.h"

#include <cmath>

namespace mdd::metrics_bench {
namespace {

/// Splitmix64: much faster than the project's streams, and nothing but speed matters here.
class Noise {
 public:
  explicit Noise(std::uint64_t state) : state_(state) {}
  /// Uniform in [0, 1).
  double uniform() {
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
  }

 private:
  std::uint64_t state_;
};

void draw_ellipse(std::vector<std::uint8_t>& mask, std::int64_t side, Noise& noise) {
  const auto extent = static_cast<double>(side);
  const double centre_x = extent * noise.uniform(), centre_y = extent * noise.uniform();
  const double radius_x = extent * (0.03 + 0.09 * noise.uniform()), radius_y = extent * (0.03 + 0.09 * noise.uniform());
  for (std::int64_t y = 0; y < side; ++y) {
    const double dy = (static_cast<double>(y) - centre_y) / radius_y;
    if (std::abs(dy) > 1.0) continue;
    for (std::int64_t x = 0; x < side; ++x) {
      const double dx = (static_cast<double>(x) - centre_x) / radius_x;
      if (dx * dx + dy * dy <= 1.0) mask[static_cast<std::size_t>(y * side + x)] = 1;
    }
  }
  const auto centre = static_cast<std::int64_t>(centre_y) * side + static_cast<std::int64_t>(centre_x);
  mask[static_cast<std::size_t>(centre)] = 1;  // however small the image
}

}  // namespace

SyntheticImage synthetic_image(std::uint64_t seed, std::uint64_t index, std::int64_t side) {
  Noise noise(seed * 0xD1342543DE82EF95u + index);
  const auto pixels = static_cast<std::size_t>(side * side);
  SyntheticImage image{.defective = index % 2 == 1, .map = std::vector<float>(pixels), .mask = {}};
  if (image.defective) {
    image.mask.assign(pixels, 0);
    for (int left = 1 + static_cast<int>(3.0 * noise.uniform()); left > 0; --left) {
      draw_ellipse(image.mask, side, noise);
    }
  }
  for (std::size_t i = 0; i < pixels; ++i) {
    const double base = noise.uniform();
    const bool defect = image.defective && image.mask[i] != 0;
    image.map[i] = static_cast<float>(base * base * 0.8 + (defect ? 0.4 : 0.0));
  }
  return image;
}

}  // namespace mdd::metrics_bench
