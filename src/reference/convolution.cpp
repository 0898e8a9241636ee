#include "reference/convolution.h"

#include <algorithm>

namespace mdd::reference {
namespace {

/// Calls body(n, h, w, p, q, r, s) for every grid position and kernel tap that falls inside the image.
template <class Body>
void for_each_tap(const ConvolutionGeometry& g, const Shape& image, const Shape& grid, const Body& body) {
  for (Index n = 0; n < grid[0]; ++n) {
    for (Index p = 0; p < grid[1]; ++p) {
      for (Index q = 0; q < grid[2]; ++q) {
        for (Index r = 0; r < g.kernel; ++r) {
          for (Index s = 0; s < g.kernel; ++s) {
            const Index h = p * g.stride - g.padding + r;
            const Index w = q * g.stride - g.padding + s;
            if (h >= 0 && h < image[1] && w >= 0 && w < image[2]) body(n, h, w, p, q, r, s);
          }
        }
      }
    }
  }
}

}  // namespace

Array image_to_grid(const ConvolutionGeometry& geometry, const Array& image, const Array& weights) {
  const Index channels = image.shape[3];
  const Index outputs = weights.shape[0];
  Array grid(Shape{image.shape[0], geometry.output(image.shape[1]), geometry.output(image.shape[2]), outputs});
  for_each_tap(geometry, image.shape, grid.shape, [&](Index n, Index h, Index w, Index p, Index q, Index r, Index s) {
    for (Index k = 0; k < outputs; ++k) {
      double sum = 0.0;
      for (Index c = 0; c < channels; ++c) sum += image(n, h, w, c) * weights(k, r, s, c);
      grid(n, p, q, k) += sum;
    }
  });
  return grid;
}

Array grid_to_image(const ConvolutionGeometry& geometry, const Array& grid, const Array& weights, Index height,
                    Index width) {
  const Index channels = weights.shape[3];
  const Index outputs = grid.shape[3];
  Array image(Shape{grid.shape[0], height, width, channels});
  for_each_tap(geometry, image.shape, grid.shape, [&](Index n, Index h, Index w, Index p, Index q, Index r, Index s) {
    for (Index k = 0; k < outputs; ++k) {
      const double value = grid(n, p, q, k);
      for (Index c = 0; c < channels; ++c) image(n, h, w, c) += value * weights(k, r, s, c);
    }
  });
  return image;
}

Array weight_gradient(const ConvolutionGeometry& geometry, const Array& image, const Array& grid) {
  const Index channels = image.shape[3];
  const Index outputs = grid.shape[3];
  Array weights(Shape{outputs, geometry.kernel, geometry.kernel, channels});
  for_each_tap(geometry, image.shape, grid.shape, [&](Index n, Index h, Index w, Index p, Index q, Index r, Index s) {
    for (Index k = 0; k < outputs; ++k) {
      const double value = grid(n, p, q, k);
      for (Index c = 0; c < channels; ++c) weights(k, r, s, c) += value * image(n, h, w, c);
    }
  });
  return weights;
}

Array epilogue(Array sums, const Array* bias, const Array* residual, bool relu) {
  const Index channels = sums.shape.back();
  for (Index i = 0; i < sums.size(); ++i) {
    if (bias != nullptr) sums[i] += (*bias)[i % channels];
    if (residual != nullptr) sums[i] += (*residual)[i];
    if (relu) sums[i] = std::max(sums[i], 0.0);
  }
  return sums;
}

}  // namespace mdd::reference
