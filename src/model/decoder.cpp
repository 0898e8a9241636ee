#include "model/decoder.h"

namespace mdd {

Decoder::Decoder(ParameterStore& store, const std::string& prefix, const Architecture& a) {
  for (std::int64_t s = 0; s < 3; ++s) {
    const std::int64_t planes = a.base << (2 - s);
    stages_.emplace_back(store, prefix + "layer" + std::to_string(s + 1),
                         StageShape{a.block, 2 * planes * a.expansion(), planes, a.blocks[static_cast<std::size_t>(s)],
                                    Resampling::kUp, a.width_per_group});
  }
}

Features Decoder::forward(Tape& tape, const Variable& z) {
  const UnitRunner run = trained_runner(tape);
  Features features;
  Variable x = z;
  for (std::size_t s = 0; s < 3; ++s) features[2 - s] = x = stages_[s].forward(run, x);
  return features;
}

void Decoder::visit(const std::function<void(ConvolutionUnit&)>& visitor) {
  for (ResidualStage& stage : stages_) stage.visit(visitor);
}

}  // namespace mdd
