#include "reference/features.h"

#include <algorithm>
#include <limits>

namespace mdd::reference {

Array max_pool(const PoolParams& params, const Array& x) {
  const ConvolutionGeometry geometry{params.kernel, params.stride, params.padding};
  Array y(Shape{x.shape[0], geometry.output(x.shape[1]), geometry.output(x.shape[2]), x.shape[3]});
  for (Index n = 0; n < y.shape[0]; ++n) {
    for (Index p = 0; p < y.shape[1]; ++p) {
      for (Index q = 0; q < y.shape[2]; ++q) {
        for (Index c = 0; c < y.shape[3]; ++c) {
          double best = -std::numeric_limits<double>::infinity();
          for (Index r = 0; r < params.kernel; ++r) {
            for (Index s = 0; s < params.kernel; ++s) {
              const Index h = p * params.stride - params.padding + r;
              const Index w = q * params.stride - params.padding + s;
              if (h >= 0 && h < x.shape[1] && w >= 0 && w < x.shape[2]) best = std::max(best, x(n, h, w, c));
            }
          }
          y(n, p, q, c) = best;
        }
      }
    }
  }
  return y;
}

Array concatenate_channels(const std::vector<Array>& parts) {
  Index channels = 0;
  for (const Array& part : parts) channels += part.shape.back();
  const Shape& first = parts.front().shape;
  Array y(Shape{first[0], first[1], first[2], channels});
  Index offset = 0;
  for (const Array& part : parts) {
    const Index width = part.shape.back();
    for (Index m = 0; m < positions_of(part); ++m) {
      for (Index c = 0; c < width; ++c) y[m * channels + offset + c] = part[m * width + c];
    }
    offset += width;
  }
  return y;
}

Array slice_channels(const Array& x, Index first, Index count) {
  Array part(Shape{x.shape[0], x.shape[1], x.shape[2], count});
  for (Index m = 0; m < positions_of(part); ++m) {
    for (Index c = 0; c < count; ++c) part[m * count + c] = x[m * x.shape.back() + first + c];
  }
  return part;
}

Array add(const Array& a, const Array& b) {
  Array y = a;
  for (Index i = 0; i < y.size(); ++i) y[i] += b[i];
  return y;
}

}  // namespace mdd::reference
