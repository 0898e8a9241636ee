#include "reference/images.h"

#include "ops/perlin.h"

namespace mdd::reference {
namespace {

/// One draw of image n's mask; returns whether a pixel is set.
bool draw_mask(const PerlinKey& key, const perlin::Attempt& attempt, float threshold, Index n, Array& mask) {
  const auto corner = [&](std::uint32_t i, std::uint32_t j) { return perlin::gradient(key, attempt, i, j); };
  bool any = false;
  const Index side = mask.shape[1];
  for (Index y = 0; y < side; ++y) {
    for (Index x = 0; x < side; ++x) {
      const perlin::LatticePoint point = perlin::lattice_point(attempt, side, x, y);
      const bool set = point.inside && perlin::noise(point, corner) > threshold;
      mask(n, y, x) = set ? 1.0 : 0.0;
      any = any || set;
    }
  }
  return any;
}

}  // namespace

Array normalise_images(const Normalisation& normalisation, const Array& x) {
  Array y(x.shape);
  for (Index i = 0; i < x.size(); ++i) {
    const auto c = static_cast<std::size_t>(i % 3);
    y[i] =
        (x[i] / 255.0 - static_cast<double>(normalisation.mean[c])) / static_cast<double>(normalisation.deviation[c]);
  }
  return y;
}

Array perlin_masks(const PerlinParams& params, std::span<const PerlinKey> keys, Index side) {
  Array mask(Shape{static_cast<Index>(keys.size()), side, side});
  for (std::size_t n = 0; n < keys.size(); ++n) {
    for (int index = 0; index <= params.redraws; ++index) {
      const perlin::Attempt attempt = perlin::attempt(keys[n], index, params.p_normal);
      if (!attempt.insert) break;
      if (draw_mask(keys[n], attempt, params.threshold, static_cast<Index>(n), mask)) break;
    }
  }
  return mask;
}

Array blend_anomalies(const Normalisation& normalisation, const Array& x, const Array& source, const Array& mask,
                      std::span<const float> opacity) {
  Array mixed = x;
  const Index pixels = x.shape[1] * x.shape[2];
  for (Index i = 0; i < x.size(); ++i) {
    const Index pixel = i / 3;
    const double b = opacity[static_cast<std::size_t>(pixel / pixels)];
    if (mask[pixel] != 0.0) mixed[i] = (1.0 - b) * source[i] + b * x[i];
  }
  return normalise_images(normalisation, mixed);
}

}  // namespace mdd::reference
