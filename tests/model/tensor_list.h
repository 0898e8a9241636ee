// Tensors as some file might hold them, to be bent by a test.
#pragma once
#include <doctest/doctest.h>

#include "model/state_dict.h"

namespace mdd::test {

struct TensorList {
  std::vector<std::pair<std::string, HostTensor>> list;

  HostTensor& at(const std::string& name) {
    for (auto& [candidate, tensor] : list) {
      if (candidate == name) return tensor;
    }
    FAIL("no tensor " << name);
    return list[0].second;
  }
  void erase(const std::string& name) {
    std::erase_if(list, [&](const auto& tensor) { return tensor.first == name; });
  }
  void add(const std::string& name, const Shape& shape) { list.emplace_back(name, HostTensor(DType::kF32, shape)); }
  /// The list outlives the source.
  [[nodiscard]] TensorSource source() {
    TensorSource out{"some.safetensors", {}, {}};
    for (const auto& [name, tensor] : list) out.tensors.emplace_back(name, tensor.shape);
    out.read = [this](const std::string& name) { return at(name); };
    return out;
  }
};

}  // namespace mdd::test
