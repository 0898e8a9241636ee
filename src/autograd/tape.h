// Autograd-lite: a vector of closures in execution order, run backwards. Execution order is a topological order, so
// there is no graph and no sort. A closure owns the variables that it needs; once it has run it is dropped, and what
// nobody needs any more goes back to the arena at once, activations and gradients alike.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "core/arena.h"
#include "core/trace.h"
#include "ops/backend.h"

namespace mdd {

/// Where to write a gradient and how: the first write into a slot overwrites, later ones accumulate.
struct GradientSlot {
  Tensor tensor;
  WriteMode mode = WriteMode::kOverwrite;
};

/// A value of the step and, while the tape runs backwards, its gradient.
class Node {
 public:
  Node(StepArena* owner, const Tensor& memory, bool wants_gradient, std::shared_ptr<Node> parent = nullptr)
      : value(memory), requires_gradient(wants_gradient), arena_(owner), parent_(std::move(parent)) {}
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  const Tensor value;
  const bool requires_gradient;

  /// Allocates the gradient on first use.
  [[nodiscard]] GradientSlot gradient_slot(StepArena& arena);
  [[nodiscard]] bool has_gradient() const noexcept { return gradient_.defined(); }
  [[nodiscard]] const Tensor& gradient() const noexcept { return gradient_; }
  /// Gives the gradient back early, e.g. after it was turned into another one.
  void release_gradient() noexcept;

 private:
  StepArena* arena_;  ///< owner of value; null for a view or somebody else's tensor
  StepArena* gradient_arena_ = nullptr;
  std::shared_ptr<Node> parent_;  ///< whose memory a view lies in
  Tensor gradient_;
};

using Variable = std::shared_ptr<Node>;

/// A trained tensor and its gradient, views into the flat buffers.
struct ParameterView {
  Tensor value;
  Tensor gradient;
};

class Tape {
 public:
  /// training: batch norm uses batch statistics, operations record their backward closures, and features are stored as
  /// gradients want them.
  Tape(Backend& backend, StepArena& arena, bool training) : backend_(&backend), arena_(&arena), training_(training) {}

  [[nodiscard]] Backend& backend() const noexcept { return *backend_; }
  [[nodiscard]] StepArena& arena() const noexcept { return *arena_; }
  [[nodiscard]] bool training() const noexcept { return training_; }

  /// Memory from the arena, contents undefined. A variable asks for gradients only on a training tape; its gradient has
  /// its type.
  [[nodiscard]] Variable variable(const Shape& shape, bool requires_gradient, DType dtype) const;
  /// An activation, stored as the backend stores features in training or in inference.
  [[nodiscard]] Variable features(const Shape& shape, bool requires_gradient = true) const {
    return variable(shape, requires_gradient,
                    training_ ? backend_->feature_type() : backend_->inference_feature_type());
  }
  /// What is f32 whatever features are: maps, statistics, norms, attention, class mass.
  [[nodiscard]] Variable values(const Shape& shape, bool requires_gradient = false) const {
    return variable(shape, requires_gradient, DType::kF32);
  }
  /// Somebody else's memory; no gradient.
  [[nodiscard]] static Variable constant(const Tensor& value);
  /// Images [first, first + count) of a variable without gradient, sharing its memory.
  [[nodiscard]] static Variable rows(const Variable& whole, std::int64_t first, std::int64_t count);

  /// Appends a backward step; does nothing on an inference tape.
  void record(std::function<void()> backward_step);
  /// Runs every recorded step in reverse order, dropping each after it ran.
  void backward();
  /// Drops what was recorded without running it.
  void clear() noexcept;

  /// Names the layer that is computed while it lives, for profilers: the forward work now, and the backward steps that
  /// are recorded meanwhile when they run. `name` outlives the tape's backward().
  class Layer {
   public:
    Layer(Tape& tape, const char* name) noexcept : tape_(&tape), outer_(tape.layer_), range_(name) {
      tape.layer_ = name;
    }
    ~Layer() { tape_->layer_ = outer_; }
    Layer(const Layer&) = delete;
    Layer& operator=(const Layer&) = delete;

   private:
    Tape* tape_;
    const char* outer_;
    TraceRange range_;
  };

 private:
  struct Step {
    std::function<void()> run;
    const char* layer;
  };

  Backend* backend_;
  StepArena* arena_;
  bool training_;
  const char* layer_ = "outside of layers";
  std::vector<Step> steps_;
};

}  // namespace mdd
