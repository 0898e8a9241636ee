#include "cuda/dnn/plan.h"

#include <algorithm>

namespace mdd::cuda {
namespace {

constexpr std::size_t kMostSuggestions = 64;

Descriptor device_of(cudnnHandle_t handle) {
  Descriptor out(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  out.set(CUDNN_ATTR_DEVICEPROP_HANDLE, handle);
  out.finalize();
  return out;
}

Descriptor engine_of(const Descriptor& configuration) {
  std::vector<Descriptor> engine =
      configuration.read_descriptors(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR, 1);
  require(engine.size() == 1, "a configuration has an engine");
  return std::move(engine.front());
}

EngineChoice choice_of(const Descriptor& configuration, const Descriptor& engine) {
  EngineChoice out;
  out.engine = engine.read<std::int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX);
  for (const Descriptor& knob : configuration.read_descriptors(
           CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, CUDNN_KNOB_TYPE_COUNTS)) {
    out.knobs.emplace_back(knob.read<cudnnBackendKnobType_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE),
                           knob.read<std::int64_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE));
  }
  return out;
}

std::vector<Descriptor> knobs_of(const EngineChoice& choice) {
  std::vector<Descriptor> out;
  for (const auto& [knob, value] : choice.knobs) {
    require(knob < CUDNN_KNOB_TYPE_COUNTS, "a knob that the library has");
    Descriptor& descriptor = out.emplace_back(CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR);
    descriptor.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, static_cast<cudnnBackendKnobType_t>(knob));
    descriptor.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, value);
    descriptor.finalize();
  }
  return out;
}

/// How an engine's arithmetic stands to our rules.
enum class Standing {
  kAllowed,
  kReducedSums,  ///< may add up in less than f32: only where there is nothing else
  kForbidden
};

Standing standing_of(const Descriptor& engine, const EngineRules& rules, DType type) {
  const auto notes =
      engine.read_all<cudnnBackendNumericalNote_t>(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_NUMERICAL_NOTE_TYPE_COUNT);
  const auto noted = [&](cudnnBackendNumericalNote_t note) {
    return std::find(notes.begin(), notes.end(), note) != notes.end();
  };
  if (noted(CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS)) return Standing::kForbidden;  // f32 to f16: range is lost
  if (rules.deterministic && noted(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC)) return Standing::kForbidden;
  // The tensor cores take f32 operands only as tf32.
  if (type == DType::kF32 && !rules.allow_tf32 && noted(CUDNN_NUMERICAL_NOTE_TENSOR_CORE)) return Standing::kForbidden;
  return noted(CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION) ? Standing::kReducedSums : Standing::kAllowed;
}

}  // namespace

Plan::Plan(Descriptor plan, EngineChoice choice)
    : plan_(std::move(plan)),
      choice_(std::move(choice)),
      workspace_bytes_(static_cast<std::size_t>(
          std::max<std::int64_t>(0, plan_.read<std::int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE)))) {}

cudnnStatus_t Plan::run(cudnnHandle_t handle, std::span<const Binding> operands, void* workspace) const {
  std::vector<std::int64_t> ids;
  std::vector<void*> addresses;
  for (const Binding& operand : operands) {
    ids.push_back(operand.tensor);
    addresses.push_back(const_cast<void*>(operand.address));  // the graph says which operands are only read
  }
  Descriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.set_all(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, ids);
  pack.set_addresses(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, addresses);
  pack.set_addresses(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, std::span(&workspace, 1));
  pack.finalize();
  return cudnnBackendExecute(handle, plan_.get(), pack.get());
}

PlanFinder::PlanFinder(cudnnHandle_t handle, const EngineRules& rules) : rules_(rules), device_(device_of(handle)) {}

bool PlanFinder::finalize(Descriptor& descriptor, const char* what) {
  const cudnnStatus_t status = descriptor.try_finalize();
  if (status == CUDNN_STATUS_SUCCESS) return true;
  last_refusal_ = describe_cudnn(status, what, std::source_location::current());
  return false;
}

std::vector<Descriptor> PlanFinder::suggestions(const OperationGraph& graph, cudnnBackendHeurMode_t mode) {
  Descriptor heuristic(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristic.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph.graph);
  heuristic.set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
  heuristic.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, device_);
  if (!finalize(heuristic, "the heuristics")) return {};
  return heuristic.read_descriptors(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR,
                                    kMostSuggestions);
}

std::optional<Plan> PlanFinder::build(const Descriptor& configuration, EngineChoice choice) {
  Descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration);
  if (!finalize(plan, "an execution plan")) return std::nullopt;
  Plan built(std::move(plan), std::move(choice));
  if (built.workspace_bytes() > static_cast<std::size_t>(rules_.workspace_limit)) {
    last_refusal_ = "an engine wants " + std::to_string(built.workspace_bytes()) + " bytes of workspace";
    return std::nullopt;
  }
  return built;
}

void PlanFinder::visit(const OperationGraph& graph, DType type, const std::function<bool(Plan&)>& accept) {
  std::vector<EngineChoice> seen;
  bool any = false;
  for (const auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_B, CUDNN_HEUR_MODE_FALLBACK}) {
    if (mode == CUDNN_HEUR_MODE_FALLBACK && any) return;
    const std::vector<Descriptor> configurations = suggestions(graph, mode);
    for (const Standing wanted : {Standing::kAllowed, Standing::kReducedSums}) {
      if (wanted == Standing::kReducedSums && any) break;
      for (const Descriptor& configuration : configurations) {
        const Descriptor engine = engine_of(configuration);
        if (standing_of(engine, rules_, type) != wanted) continue;
        EngineChoice choice = choice_of(configuration, engine);
        if (std::find(seen.begin(), seen.end(), choice) != seen.end()) continue;
        seen.push_back(choice);
        std::optional<Plan> plan = build(configuration, std::move(choice));
        any = any || plan;
        if (plan && accept(*plan)) return;
      }
    }
  }
}

std::optional<Plan> PlanFinder::rebuild(const OperationGraph& graph, DType type, const EngineChoice& choice) try {
  if (choice.engine >= engine_count(graph)) return std::nullopt;
  Descriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  engine.set(CUDNN_ATTR_ENGINE_OPERATION_GRAPH, graph.graph);
  engine.set(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, choice.engine);
  engine.set(CUDNN_ATTR_ENGINE_DEVICEPROP, device_);
  if (!finalize(engine, "an engine") || standing_of(engine, rules_, type) == Standing::kForbidden) return std::nullopt;
  const std::vector<Descriptor> knobs = knobs_of(choice);
  Descriptor configuration(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
  configuration.set(CUDNN_ATTR_ENGINECFG_ENGINE, engine);
  if (!knobs.empty()) configuration.set_all(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, knobs);
  if (!finalize(configuration, "an engine's configuration")) return std::nullopt;
  return build(configuration, choice);
} catch (const Error& error) {
  // A value from the file that the library does not even take.
  last_refusal_ = error.what();
  return std::nullopt;
}

}  // namespace mdd::cuda
