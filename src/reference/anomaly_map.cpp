#include "reference/anomaly_map.h"

#include <algorithm>
#include <functional>

namespace mdd::reference {
namespace {

/// Where output index `i` of `out` falls among `in` samples when first and last coincide.
double aligned(Index i, Index in, Index out) {
  return out > 1 ? static_cast<double>(i * (in - 1)) / static_cast<double>(out - 1) : 0.0;
}

/// Index mirrored into 0..side-1 with the border sample repeated; requires -side <= i < 2 side.
Index mirrored(Index i, Index side) {
  if (i < 0) return -i - 1;
  return i < side ? i : 2 * side - 1 - i;
}

}  // namespace

Array upsample_bilinear(const Array& map, Index side) {
  const Index height = map.shape[1], width = map.shape[2];
  Array out(Shape{map.shape[0], side, side});
  for (Index n = 0; n < map.shape[0]; ++n) {
    for (Index i = 0; i < side; ++i) {
      for (Index j = 0; j < side; ++j) {
        const double y = aligned(i, height, side), x = aligned(j, width, side);
        const auto y0 = static_cast<Index>(y), x0 = static_cast<Index>(x);
        const Index y1 = std::min(y0 + 1, height - 1), x1 = std::min(x0 + 1, width - 1);
        const double fy = y - static_cast<double>(y0), fx = x - static_cast<double>(x0);
        out(n, i, j) = (1.0 - fy) * ((1.0 - fx) * map(n, y0, x0) + fx * map(n, y0, x1)) +
                       fy * ((1.0 - fx) * map(n, y1, x0) + fx * map(n, y1, x1));
      }
    }
  }
  return out;
}

Array fuse_maps(MapFusion fusion, double weight, const Array& tr, const Array& ri) {
  Array out(tr.shape);
  for (Index i = 0; i < out.size(); ++i) {
    switch (fusion) {
      case MapFusion::kSum:
        out[i] = tr[i] + ri[i];
        break;
      case MapFusion::kProduct:
        out[i] = tr[i] * ri[i];
        break;
      case MapFusion::kTeacherRestored:
        out[i] = tr[i];
        break;
      case MapFusion::kRestoredIdentity:
        out[i] = ri[i];
        break;
      case MapFusion::kWeighted:
        out[i] = (1.0 - weight) * tr[i] + weight * ri[i];
        break;
    }
  }
  return out;
}

Array gaussian_blur(double sigma, const Array& x) {
  if (sigma <= 0.0) return x;
  const auto radius = static_cast<Index>(4.0 * sigma + 0.5);
  const Index side = x.shape[1];
  const auto weight = [&](Index t) { return std::exp(-static_cast<double>(t * t) / (2.0 * sigma * sigma)); };
  double total = 0.0;
  for (Index t = -radius; t <= radius; ++t) total += weight(t);
  Array rows(x.shape), out(x.shape);
  for (Index n = 0; n < x.shape[0]; ++n) {
    for (Index i = 0; i < side; ++i) {
      for (Index j = 0; j < side; ++j) {
        for (Index t = -radius; t <= radius; ++t) rows(n, i, j) += weight(t) / total * x(n, i, mirrored(j + t, side));
      }
    }
    for (Index i = 0; i < side; ++i) {
      for (Index j = 0; j < side; ++j) {
        for (Index t = -radius; t <= radius; ++t) out(n, i, j) += weight(t) / total * rows(n, mirrored(i + t, side), j);
      }
    }
  }
  return out;
}

Array image_scores(ScoreRule rule, const Array& maps) {
  const Index images = maps.shape[0];
  const Index pixels = maps.size() / images;
  Array out(Shape{images});
  for (Index n = 0; n < images; ++n) {
    const auto first = maps.values.begin() + n * pixels;
    std::vector<double> sorted(first, first + pixels);
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    const Index count = rule == ScoreRule::kMaximum ? 1 : std::max<Index>(1, pixels / 100);
    for (Index i = 0; i < count; ++i) out[n] += sorted[static_cast<std::size_t>(i)] / static_cast<double>(count);
  }
  return out;
}

}  // namespace mdd::reference
