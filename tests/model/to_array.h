// A tensor's values as the reference wants them.
#pragma once
#include "model/tiny_problem.h"
#include "reference/array.h"

namespace mdd::test {

inline reference::Array to_array(Backend& backend, const Tensor& tensor) {
  const std::vector<float> values = fetch(backend, tensor);
  return {tensor.shape, std::vector<double>(values.begin(), values.end())};
}

}  // namespace mdd::test
