#include "reference/images.h"

#include <algorithm>

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

/// The triangle around output sample i's place among the input, at input sample j.
double triangle(Index i, Index j, Index input, Index output) {
  const double scale = static_cast<double>(input) / static_cast<double>(output);
  const double distance = (static_cast<double>(i) + 0.5) * scale - (static_cast<double>(j) + 0.5);
  return std::max(0.0, 1.0 - std::abs(distance) / std::max(scale, 1.0));
}

/// Weighted mean of at(0) .. at(input - 1) for output sample i, rounded.
template <class At>
double filtered(Index i, Index input, Index output, const At& at) {
  double sum = 0.0, total = 0.0;
  for (Index j = 0; j < input; ++j) {
    const double weight = triangle(i, j, input, output);
    sum += weight * at(j);
    total += weight;
  }
  return std::floor(sum / total + 0.5);
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

Array resize_images(const Array& x, Index height, Index width) {
  const Index images = x.shape[0], rows = x.shape[1], columns = x.shape[2], channels = x.shape[3];
  Array between(Shape{images, rows, width, channels}), y(Shape{images, height, width, channels});
  for (Index n = 0; n < images; ++n) {
    for (Index c = 0; c < channels; ++c) {
      for (Index q = 0; q < width; ++q) {
        for (Index h = 0; h < rows; ++h) {
          between(n, h, q, c) = filtered(q, columns, width, [&](Index w) { return x(n, h, w, c); });
        }
        for (Index p = 0; p < height; ++p) {
          y(n, p, q, c) = filtered(p, rows, height, [&](Index h) { return between(n, h, q, c); });
        }
      }
    }
  }
  return y;
}

}  // namespace mdd::reference
