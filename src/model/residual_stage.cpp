#include "model/residual_stage.h"

namespace mdd {
namespace {

ConvolutionUnitShape same(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride = 1) {
  return {in, out, {kernel, stride, kernel / 2}, false};
}

ConvolutionUnitShape doubling(std::int64_t in, std::int64_t out) { return {in, out, {2, 2, 0}, true}; }

}  // namespace

ResidualBlock::ResidualBlock(ParameterStore& store, const std::string& name, const StageShape& shape, bool first) {
  const bool basic = shape.block == BlockKind::kBasic;
  const std::int64_t out = shape.planes * (basic ? 1 : 4);
  const std::int64_t in = first ? shape.in : out;
  const Resampling resampling = first ? shape.resampling : Resampling::kNone;
  const std::int64_t stride = resampling == Resampling::kDown ? 2 : 1;
  const auto unit = [&](int index, const ConvolutionUnitShape& unit_shape) {
    const std::string digit = std::to_string(index);
    units_.emplace_back(store, name + ".conv" + digit, name + ".bn" + digit, unit_shape);
  };
  const auto resampling_unit = [&](std::int64_t from, std::int64_t to) {
    return resampling == Resampling::kUp ? doubling(from, to) : same(from, to, 3, stride);
  };
  if (basic) {
    unit(1, resampling_unit(in, shape.planes));
    unit(2, same(shape.planes, shape.planes, 3));
  } else {
    const std::int64_t middle = shape.planes * shape.width_per_group / 64;
    unit(1, same(in, middle, 1));
    unit(2, resampling_unit(middle, middle));
    unit(3, same(middle, out, 1));
  }
  if (resampling == Resampling::kUp) {
    shortcut_.emplace(store, name + ".upsample.0", name + ".upsample.1", doubling(in, out));
  } else if (resampling == Resampling::kDown || in != out) {
    shortcut_.emplace(store, name + ".downsample.0", name + ".downsample.1", same(in, out, 1, stride));
  }
}

Variable ResidualBlock::forward(const UnitRunner& run, const Variable& x) {
  Variable y = x;
  for (std::size_t i = 0; i + 1 < units_.size(); ++i) y = run(units_[i], y, nullptr, true);
  const Variable residual = shortcut_ ? run(*shortcut_, x, nullptr, false) : x;
  return run(units_.back(), y, residual, true);
}

void ResidualBlock::visit(const std::function<void(ConvolutionUnit&)>& visitor) {
  for (ConvolutionUnit& unit : units_) visitor(unit);
  if (shortcut_) visitor(*shortcut_);
}

ResidualStage::ResidualStage(ParameterStore& store, const std::string& name, const StageShape& shape) {
  for (std::int64_t i = 0; i < shape.blocks; ++i) {
    blocks_.emplace_back(store, name + "." + std::to_string(i), shape, i == 0);
  }
}

Variable ResidualStage::forward(const UnitRunner& run, Variable x) {
  for (ResidualBlock& block : blocks_) x = block.forward(run, x);
  return x;
}

void ResidualStage::visit(const std::function<void(ConvolutionUnit&)>& visitor) {
  for (ResidualBlock& block : blocks_) block.visit(visitor);
}

UnitRunner trained_runner(Tape& tape) {
  return [&tape](ConvolutionUnit& unit, const Variable& x, const Variable& residual, bool relu) {
    return unit.forward(tape, x, residual, relu);
  };
}

}  // namespace mdd
