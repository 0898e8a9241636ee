#include "autograd/tape.h"

namespace mdd {

Node::~Node() {
  release_gradient();
  if (arena_ != nullptr) arena_->release(value);
}

GradientSlot Node::gradient_slot(StepArena& arena) {
  require(requires_gradient, "a gradient is written only where one is required");
  if (gradient_.defined()) return {gradient_, WriteMode::kAccumulate};
  gradient_ = arena.allocate(value.dtype, value.shape);
  gradient_arena_ = &arena;
  return {gradient_, WriteMode::kOverwrite};
}

void Node::release_gradient() noexcept {
  if (gradient_.defined()) gradient_arena_->release(gradient_);
  gradient_ = {};
}

Variable Tape::variable(const Shape& shape, bool requires_gradient, DType dtype) const {
  const Tensor memory = arena_->allocate(dtype, shape);
  try {
    return std::make_shared<Node>(arena_, memory, requires_gradient && training_);
  } catch (...) {
    arena_->release(memory);
    throw;
  }
}

Variable Tape::constant(const Tensor& value) { return std::make_shared<Node>(nullptr, value, false); }

Variable Tape::rows(const Variable& whole, std::int64_t first, std::int64_t count) {
  require(!whole->requires_gradient, "rows are taken of constants only");
  return std::make_shared<Node>(nullptr, whole->value.rows(first, count), false, whole);
}

void Tape::record(std::function<void()> backward_step) {
  if (training_) steps_.push_back({std::move(backward_step), layer_});
}

void Tape::backward() {
  while (!steps_.empty()) {
    const TraceRange range(steps_.back().layer);
    steps_.back().run();
    steps_.pop_back();
  }
}

void Tape::clear() noexcept {
  while (!steps_.empty()) steps_.pop_back();
}

}  // namespace mdd
