// What an encoder is trained as: a classifier of every cell of its three feature maps, one linear head a map.
#pragma once
#include <array>
#include <string>

#include "model/encoder.h"
#include "pretrain/label_grid.h"

namespace mdd {

inline constexpr std::size_t kHeads = 3;

/// Which pixels the cells of each head stand for. The first map, at stride 4, is judged at every second position both
/// ways: its neighbours see nearly the same, and its head would cost more than all else.
inline constexpr std::array<CellGeometry, kHeads> kHeadCells{{{8, 4}, {8, 8}, {16, 16}}};

class DenseClassifier {
 public:
  /// Parameters under torchvision's names, and "heads.0..2.weight" [labels, channels, 1, 1]. Undefined until
  /// initialised or restored.
  DenseClassifier(Backend& backend, const std::string& encoder, std::int64_t labels);

  /// Logits [N, cells, cells, labels] of each head for normalised images [N,S,S,3], on a training tape.
  [[nodiscard]] std::array<Variable, kHeads> forward(Tape& tape, const Variable& images);

  [[nodiscard]] ParameterStore& store() { return store_; }
  [[nodiscard]] const ParameterStore& store() const { return store_; }
  [[nodiscard]] const Architecture& shape() const { return architecture_; }

 private:
  Architecture architecture_;
  ParameterStore store_;
  Encoder encoder_;
  std::array<Parameter*, kHeads> heads_{};
};

/// Is this tensor one of the heads, which the finished encoder does without?
[[nodiscard]] bool is_head(const std::string& parameter);

}  // namespace mdd
