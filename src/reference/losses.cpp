#include "reference/losses.h"

#include <algorithm>

namespace mdd::reference {
namespace {

/// cos of two stretches of `count` elements, each norm at least 1e-8.
double cosine(const Array& a, const Array& b, Index first, Index count) {
  double aa = 0.0, bb = 0.0, ab = 0.0;
  for (Index i = first; i < first + count; ++i) {
    aa += a[i] * a[i];
    bb += b[i] * b[i];
    ab += a[i] * b[i];
  }
  return ab / (std::max(std::sqrt(aa), 1e-8) * std::max(std::sqrt(bb), 1e-8));
}

}  // namespace

Array cosine_moments(const Array& a, const Array& b) {
  const Index images = a.shape[0];
  const Index count = a.size() / images;
  Array out(Shape{images, 3});
  for (Index i = 0; i < a.size(); ++i) {
    out(i / count, 0) += a[i] * a[i];
    out(i / count, 1) += b[i] * b[i];
    out(i / count, 2) += a[i] * b[i];
  }
  return out;
}

double cosine_flat(const Array& a, const Array& b) {
  const Index images = a.shape[0];
  const Index count = a.size() / images;
  double out = 0.0;
  for (Index n = 0; n < images; ++n) out += (1.0 - cosine(a, b, n * count, count)) / static_cast<double>(images);
  return out;
}

Array cosine_map(const Array& a, const Array& b) {
  const Index channels = a.shape.back();
  Array out(Shape{a.shape[0], a.shape[1], a.shape[2]});
  for (Index m = 0; m < out.size(); ++m) out[m] = 1.0 - cosine(a, b, m * channels, channels);
  return out;
}

double sum(const Array& x) {
  double out = 0.0;
  for (const double value : x.values) out += value;
  return out;
}

double absolute_difference(const Array& x, const Array& target) {
  double out = 0.0;
  for (Index i = 0; i < x.size(); ++i) out += std::fabs(x[i] - target[i]);
  return out;
}

double weighted_sum(const Array& terms, std::span<const float> weights) {
  double out = 0.0;
  for (Index k = 0; k < terms.size(); ++k) out += static_cast<double>(weights[static_cast<std::size_t>(k)]) * terms[k];
  return out;
}

double softmax_cross_entropy(const Array& logits, const Array& labels) {
  const Index classes = logits.shape.back();
  double total = 0.0, counted = 0.0;
  for (Index p = 0; p < labels.size(); ++p) {
    if (labels[p] < 0.0) continue;
    const auto first = logits.values.begin() + p * classes;
    const double largest = *std::max_element(first, first + classes);
    double sum = 0.0;
    for (Index c = 0; c < classes; ++c) sum += std::exp(logits[p * classes + c] - largest);
    total += std::log(sum) + largest - logits[p * classes + static_cast<Index>(labels[p])];
    counted += 1.0;
  }
  return counted > 0.0 ? total / counted : 0.0;
}

Array reduce_mask(const Array& mask, MaskReduction reduction, Index cells) {
  const Index side = mask.shape[1] / cells;
  Array out(Shape{mask.shape[0], cells, cells});
  for (Index n = 0; n < out.shape[0]; ++n) {
    for (Index i = 0; i < cells; ++i) {
      for (Index j = 0; j < cells; ++j) {
        double set = 0.0;
        for (Index y = 0; y < side; ++y) {
          for (Index x = 0; x < side; ++x) set += mask(n, i * side + y, j * side + x);
        }
        switch (reduction) {
          case MaskReduction::kAverage:
            out(n, i, j) = set / static_cast<double>(side * side);
            break;
          case MaskReduction::kNearest:
            out(n, i, j) = mask(n, i * side, j * side);
            break;
          case MaskReduction::kMaximum:
            out(n, i, j) = set > 0.0 ? 1.0 : 0.0;
            break;
        }
      }
    }
  }
  return out;
}

}  // namespace mdd::reference
