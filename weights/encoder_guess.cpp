#include "weights/encoder_guess.h"

#include <algorithm>
#include <array>

namespace mdd::weights {
namespace {

struct Candidate {
  const char* name;
  std::array<int, 3> blocks;  ///< in layer1, layer2, layer3
  Shape first;                ///< layer1.0.conv1.weight
  bool bottleneck;            ///< has a third convolution in each block
};

bool has(const TensorArchive& archive, const std::string& name, const Shape& shape) {
  return std::any_of(archive.tensors().begin(), archive.tensors().end(),
                     [&](const TensorInfo& tensor) { return tensor.name == name && tensor.shape == shape; });
}

int count_blocks(const TensorArchive& archive, const std::string& layer) {
  int count = 0;
  while (archive.contains(layer + std::to_string(count) + ".conv1.weight")) ++count;
  return count;
}

bool fits(const TensorArchive& archive, const std::string& prefix, const Candidate& candidate) {
  if (!has(archive, prefix + "conv1.weight", {64, 3, 7, 7})) return false;
  if (!has(archive, prefix + "layer1.0.conv1.weight", candidate.first)) return false;
  if (archive.contains(prefix + "layer1.0.conv3.weight") != candidate.bottleneck) return false;
  for (int layer = 0; layer < 3; ++layer) {
    const std::string name = prefix + "layer" + std::to_string(layer + 1) + ".";
    if (count_blocks(archive, name) != candidate.blocks[static_cast<std::size_t>(layer)]) return false;
  }
  return true;
}

}  // namespace

std::string guess_encoder(const TensorArchive& archive) {
  const std::array<Candidate, 4> candidates = {{{"resnet18", {2, 2, 2}, {64, 64, 3, 3}, false},
                                                {"resnet34", {3, 4, 6}, {64, 64, 3, 3}, false},
                                                {"resnet50", {3, 4, 6}, {64, 64, 1, 1}, true},
                                                {"wide_resnet50_2", {3, 4, 6}, {128, 64, 1, 1}, true}}};
  for (const char* prefix : {"", "encoder."}) {
    for (const Candidate& candidate : candidates) {
      if (fits(archive, prefix, candidate)) return candidate.name;
    }
  }
  return "";
}

}  // namespace mdd::weights
