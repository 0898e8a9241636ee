// Residual blocks and stages: the encoder's, the bottleneck's, and the decoders' mirrored ones (spec S2, S3, S5).
#pragma once
#include <functional>
#include <optional>
#include <vector>

#include "model/architecture.h"
#include "nn/convolution_unit.h"

namespace mdd {

enum class Resampling : std::uint8_t {
  kNone,
  kDown,  ///< the first block's 3x3 has stride 2; shortcut 1x1/2
  kUp,    ///< the first block's 3x3 (basic: its first convolution) is a 2x2/2 transposed one; shortcut likewise
};

struct StageShape {
  BlockKind block = BlockKind::kBasic;
  std::int64_t in = 0;      ///< channels
  std::int64_t planes = 0;  ///< output channels / expansion
  std::int64_t blocks = 1;
  Resampling resampling = Resampling::kNone;
  std::int64_t width_per_group = 64;
};

/// How a unit is run: in training, folded, or calibrating. Every block is the same walk with another runner.
using UnitRunner = std::function<Variable(ConvolutionUnit&, const Variable& x, const Variable& residual, bool relu)>;

class ResidualBlock {
 public:
  ResidualBlock(ParameterStore& store, const std::string& name, const StageShape& shape, bool first);
  [[nodiscard]] Variable forward(const UnitRunner& run, const Variable& x);
  void visit(const std::function<void(ConvolutionUnit&)>& visitor);

 private:
  std::vector<ConvolutionUnit> units_;
  std::optional<ConvolutionUnit> shortcut_;
};

class ResidualStage {
 public:
  /// Declares "<name>.<block>.conv1.weight" and so on.
  ResidualStage(ParameterStore& store, const std::string& name, const StageShape& shape);
  [[nodiscard]] Variable forward(const UnitRunner& run, Variable x);
  void visit(const std::function<void(ConvolutionUnit&)>& visitor);

 private:
  std::vector<ResidualBlock> blocks_;
};

/// The runner of trained layers: training or folded, as the tape says.
[[nodiscard]] UnitRunner trained_runner(Tape& tape);

}  // namespace mdd
