// From an operation graph to something that runs: engines suggested by the library's heuristics, filtered by our rules,
// built into execution plans.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "cuda/dnn/engine_choice.h"
#include "cuda/dnn/graph.h"

namespace mdd::cuda {

/// What an engine must keep to.
struct EngineRules {
  bool allow_tf32 = false;
  bool deterministic = true;
  std::int64_t workspace_limit = 0;  ///< bytes
};

/// One operand and where it lies on the device.
struct Binding {
  TensorId tensor;
  const void* address;
};

class Plan {
 public:
  Plan(Descriptor plan, EngineChoice choice);
  [[nodiscard]] std::size_t workspace_bytes() const noexcept { return workspace_bytes_; }
  [[nodiscard]] const EngineChoice& choice() const noexcept { return choice_; }
  /// Puts the work on the handle's stream. The workspace holds at least workspace_bytes().
  [[nodiscard]] cudnnStatus_t run(cudnnHandle_t handle, std::span<const Binding> operands, void* workspace) const;

 private:
  Descriptor plan_;
  EngineChoice choice_;
  std::size_t workspace_bytes_;
};

/// Builds plans for the device that a handle belongs to. The handle outlives the plans.
class PlanFinder {
 public:
  PlanFinder(cudnnHandle_t handle, const EngineRules& rules);

  /// Calls `accept` with the plans that can be built, best first by the library's heuristics, until it returns true.
  /// `type` is that of the operands. The engines that the library keeps as a last resort come only if there is no
  /// other.
  void visit(const OperationGraph& graph, DType type, const std::function<bool(Plan&)>& accept);
  /// The plan of a remembered choice, unless it breaks a rule or does not build.
  [[nodiscard]] std::optional<Plan> rebuild(const OperationGraph& graph, DType type, const EngineChoice& choice);
  /// Why the last engine that was turned down was.
  [[nodiscard]] const std::string& last_refusal() const noexcept { return last_refusal_; }

 private:
  [[nodiscard]] std::vector<Descriptor> suggestions(const OperationGraph& graph, cudnnBackendHeurMode_t mode);
  [[nodiscard]] std::optional<Plan> build(const Descriptor& configuration, EngineChoice choice);
  bool finalize(Descriptor& descriptor, const char* what);

  EngineRules rules_;
  Descriptor device_;
  std::string last_refusal_ = "the heuristics suggest no engine";
};

}  // namespace mdd::cuda
