// The reference's only container: a dense float64 array with a shape, last axis fastest. Everything in this folder is
// written straight from the formula, one loop per index, to be read rather than to be fast.
#pragma once
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/shape.h"

namespace mdd::reference {

using Index = std::int64_t;

struct Array {
  Shape shape;
  std::vector<double> values;

  Array() : values(1) {}
  explicit Array(const Shape& extents, double value = 0.0)
      : shape(extents), values(static_cast<std::size_t>(extents.elements()), value) {}
  Array(const Shape& extents, std::vector<double> elements) : shape(extents), values(std::move(elements)) {
    require(static_cast<Index>(values.size()) == shape.elements(), "as many values as the shape has elements");
  }

  [[nodiscard]] Index size() const noexcept { return static_cast<Index>(values.size()); }
  /// Element by its position in memory.
  [[nodiscard]] double& operator[](Index i) { return values[static_cast<std::size_t>(i)]; }
  [[nodiscard]] double operator[](Index i) const { return values[static_cast<std::size_t>(i)]; }
  /// Element by one index per axis. Requires as many indices as axes.
  template <class... Indices>
  [[nodiscard]] double& operator()(Indices... indices) {
    return (*this)[offset(indices...)];
  }
  template <class... Indices>
  [[nodiscard]] double operator()(Indices... indices) const {
    return (*this)[offset(indices...)];
  }
  /// The same elements under another shape.
  [[nodiscard]] Array reshaped(const Shape& to) const { return {to, values}; }

 private:
  template <class... Indices>
  [[nodiscard]] Index offset(Indices... indices) const {
    Index out = 0;
    int axis = 0;
    ((out = out * shape[axis++] + static_cast<Index>(indices)), ...);
    return out;
  }
};

/// All axes but the last, as one: the number of positions of a feature tensor.
[[nodiscard]] inline Index positions_of(const Array& x) { return x.shape.back() == 0 ? 0 : x.size() / x.shape.back(); }

[[nodiscard]] inline double dot(const Array& a, const Array& b) {
  require(a.size() == b.size(), "a dot product needs equally many elements");
  double sum = 0.0;
  for (Index i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

[[nodiscard]] inline double norm(const Array& a) { return std::sqrt(dot(a, a)); }

}  // namespace mdd::reference
