#include "reference/features.h"

#include <limits>

namespace mdd::reference {

namespace {

/// Position in memory of the first maximum, row by row, of the window at (n, p, q, c) of the pooled map; -1 if the
/// window lies outside altogether.
Index first_maximum(const PoolParams& params, const Array& x, Index n, Index p, Index q, Index c) {
  Index best = -1;
  for (Index r = 0; r < params.kernel; ++r) {
    for (Index s = 0; s < params.kernel; ++s) {
      const Index h = p * params.stride - params.padding + r;
      const Index w = q * params.stride - params.padding + s;
      if (h < 0 || h >= x.shape[1] || w < 0 || w >= x.shape[2]) continue;
      const Index at = ((n * x.shape[1] + h) * x.shape[2] + w) * x.shape[3] + c;
      if (best < 0 || x[at] > x[best]) best = at;
    }
  }
  return best;
}

/// Calls body(element of the pooled map, first_maximum of its window) for all of them.
template <class Body>
void for_each_window(const PoolParams& params, const Array& x, const Shape& pooled, const Body& body) {
  Index i = 0;
  for (Index n = 0; n < pooled[0]; ++n) {
    for (Index p = 0; p < pooled[1]; ++p) {
      for (Index q = 0; q < pooled[2]; ++q) {
        for (Index c = 0; c < pooled[3]; ++c) body(i++, first_maximum(params, x, n, p, q, c));
      }
    }
  }
}

}  // namespace

Array max_pool(const PoolParams& params, const Array& x) {
  const ConvolutionGeometry geometry{params.kernel, params.stride, params.padding};
  Array y(Shape{x.shape[0], geometry.output(x.shape[1]), geometry.output(x.shape[2]), x.shape[3]});
  for_each_window(params, x, y.shape,
                  [&](Index i, Index best) { y[i] = best < 0 ? -std::numeric_limits<double>::infinity() : x[best]; });
  return y;
}

Array max_pool_gradient(const PoolParams& params, const Array& x, const Array& dy) {
  Array dx(x.shape);
  for_each_window(params, x, dy.shape, [&](Index i, Index best) {
    if (best >= 0) dx[best] += dy[i];
  });
  return dx;
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
