#include "model/encoder.h"

namespace mdd {

Encoder::Encoder(ParameterStore& store, const std::string& prefix, const Architecture& a)
    : stem_(store, prefix + "conv1", prefix + "bn1", {3, a.base, {7, 2, 3}, false}) {
  for (std::int64_t s = 0; s < 3; ++s) {
    stages_.emplace_back(
        store, prefix + "layer" + std::to_string(s + 1),
        StageShape{a.block, s == 0 ? a.base : a.channels(s - 1), a.base << s, a.blocks[static_cast<std::size_t>(s)],
                   s == 0 ? Resampling::kNone : Resampling::kDown, a.width_per_group});
  }
}

Features Encoder::run(Tape& tape, const UnitRunner& runner, const Variable& images) {
  Variable x = runner(stem_, images, nullptr, true);
  x = max_pool(tape, PoolParams{}, x);
  Features features;
  for (std::size_t s = 0; s < 3; ++s) features[s] = x = stages_[s].forward(runner, x);
  return features;
}

Features Encoder::forward(Tape& tape, const Variable& images) {
  return run(
      tape,
      [&tape](ConvolutionUnit& unit, const Variable& x, const Variable& residual, bool relu) {
        return unit.forward_folded(tape, x, residual, relu);
      },
      images);
}

Features Encoder::forward_trained(Tape& tape, const Variable& images) {
  return run(tape, trained_runner(tape), images);
}

void Encoder::fold() {
  stem_.fold();
  for (ResidualStage& stage : stages_) stage.visit([](ConvolutionUnit& unit) { unit.fold(); });
}

void Encoder::calibrate(Tape& tape, const Variable& images) {
  tape.backend().forget_packed_filters();
  static_cast<void>(run(
      tape,
      [&tape](ConvolutionUnit& unit, const Variable& x, const Variable& residual, bool relu) {
        return unit.calibrate(tape, x, residual, relu);
      },
      images));
}

}  // namespace mdd
