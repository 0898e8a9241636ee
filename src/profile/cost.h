// What an operation has to do at least: the floor that its time is measured against.
#pragma once
#include <initializer_list>

#include "ops/params.h"

namespace mdd {

struct Cost {
  double operations = 0;  ///< multiplications and additions of products; 0 for what memory bounds
  double bytes = 0;       ///< every operand read or written once, see "bytes" in ops/backend.h
  /// Those of `operations` that belong to 3x3 convolutions of stride 1, and of stride 2, which need not be carried out
  /// one by one (minimal filtering): their best rates are others.
  double reducible_operations = 0, strided_operations = 0;
};

/// Bytes of the tensors that are defined.
[[nodiscard]] inline double bytes_of(std::initializer_list<Tensor> tensors) {
  double sum = 0;
  for (const Tensor& tensor : tensors) {
    if (tensor.defined()) sum += static_cast<double>(tensor.bytes());
  }
  return sum;
}

/// Of a convolution between its strided side [N,P,Q,K] and a wide side of `channels`, in either direction, transposed
/// or not: every weight meets every position once.
[[nodiscard]] inline Cost convolution_cost(const ConvolutionGeometry& geometry, const Tensor& strided,
                                           std::int64_t channels, double bytes) {
  const double operations =
      2.0 * static_cast<double>(strided.elements()) * static_cast<double>(geometry.kernel * geometry.kernel * channels);
  const auto if_stride = [&](std::int64_t stride) {
    return geometry.kernel == 3 && geometry.stride == stride ? operations : 0.0;
  };
  return {operations, bytes, if_stride(1), if_stride(2)};
}

}  // namespace mdd
