#include "reference/memory.h"

#include <algorithm>

namespace mdd::reference {
namespace {

/// 1 / max(|row|, 1e-8) for every row of x [.., D].
Array inverse_norms(const Array& x) {
  const Index width = x.shape.back();
  Array out(Shape{positions_of(x)});
  for (Index m = 0; m < out.size(); ++m) {
    double squares = 0.0;
    for (Index d = 0; d < width; ++d) squares += x[m * width + d] * x[m * width + d];
    out[m] = 1.0 / std::max(std::sqrt(squares), 1e-8);
  }
  return out;
}

/// softmax_j(cos(z_q, p_j) / temperature).
Array similarity_softmax(const MemoryParams& params, const Array& z, const Array& prototypes, const MemoryRead& norms) {
  const Index width = z.shape.back();
  Array out(Shape{positions_of(z), prototypes.shape[0]});
  for (Index q = 0; q < out.shape[0]; ++q) {
    double sum = 0.0;
    for (Index j = 0; j < out.shape[1]; ++j) {
      double product = 0.0;
      for (Index d = 0; d < width; ++d) product += z[q * width + d] * prototypes(j, d);
      const double cosine = product * norms.query_inverse_norm[q] * norms.memory_inverse_norm[j];
      // A cosine is at most 1: subtracting the largest possible exponent keeps exp in range.
      out(q, j) = std::exp((cosine - 1.0) / static_cast<double>(params.temperature));
      sum += out(q, j);
    }
    for (Index j = 0; j < out.shape[1]; ++j) out(q, j) /= sum;
  }
  return out;
}

/// u = relu(a - l) a / (|a - l| + 1e-12), then u / max(sum u, 1e-12); the identity for l = 0.
Array shrink(const Array& softmax, double threshold) {
  if (threshold <= 0.0) return softmax;
  Array out(softmax.shape);
  for (Index q = 0; q < out.shape[0]; ++q) {
    double sum = 0.0;
    for (Index j = 0; j < out.shape[1]; ++j) {
      const double a = softmax(q, j);
      out(q, j) = std::max(a - threshold, 0.0) * a / (std::fabs(a - threshold) + 1e-12);
      sum += out(q, j);
    }
    for (Index j = 0; j < out.shape[1]; ++j) out(q, j) /= std::max(sum, 1e-12);
  }
  return out;
}

}  // namespace

MemoryRead memory_read(const MemoryParams& params, const Array& z, const Array& prototypes) {
  MemoryRead out;
  out.query_inverse_norm = inverse_norms(z);
  out.memory_inverse_norm = inverse_norms(prototypes);
  out.softmax = similarity_softmax(params, z, prototypes, out);
  out.attention = shrink(out.softmax, static_cast<double>(params.shrinkage));
  out.read = Array(z.shape);
  out.mass = Array(Shape{z.shape[0], params.classes});
  const Index width = z.shape.back();
  const Index per_image = positions_of(z) / z.shape[0];
  for (Index q = 0; q < out.attention.shape[0]; ++q) {
    for (Index j = 0; j < out.attention.shape[1]; ++j) {
      const double a = out.attention(q, j);
      for (Index d = 0; d < width; ++d) out.read[q * width + d] += a * prototypes(j, d);
      out.mass(q / per_image, j / params.slots) += a / static_cast<double>(per_image);
    }
  }
  return out;
}

double class_loss(const Array& mass, const std::vector<Index>& labels) {
  double sum = 0.0;
  for (Index n = 0; n < mass.shape[0]; ++n) sum -= std::log(mass(n, labels[static_cast<std::size_t>(n)]) + 1e-8);
  return sum / static_cast<double>(mass.shape[0]);
}

}  // namespace mdd::reference
