#include "train/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "inference/tensor_source.h"
#include "weights/safetensors.h"

namespace mdd {
namespace {

constexpr const char* kFirst = "adam.first.";
constexpr const char* kSecond = "adam.second.";
constexpr const char* kCounters = "adam.counters";

using NamedHostTensors = std::vector<std::pair<std::string, HostTensor>>;

NamedHostTensors collect(const MddNet& model, const TrainingStep& step) {
  const ParameterStore& store = model.trained();
  NamedHostTensors out;
  for (const Parameter& p : store.parameters()) {
    out.emplace_back(p.name, store.to_file_order(p, p.view.value));
    if (!p.trained) continue;
    out.emplace_back(kFirst + p.name, store.to_file_order(p, ParameterStore::slice(store.first_moments(), p)));
    out.emplace_back(kSecond + p.name, store.to_file_order(p, ParameterStore::slice(store.second_moments(), p)));
  }
  HostTensor counters(DType::kF64, {kOptimizerStateSize});
  const auto state = step.optimizer_state();
  std::copy(state.begin(), state.end(), counters.span<double>().begin());
  out.emplace_back(kCounters, std::move(counters));
  return out;
}

bool all_finite(Backend& backend, const Tensor& tensor) {
  std::vector<float> values(static_cast<std::size_t>(tensor.elements()));
  backend.copy_to_host(std::as_writable_bytes(std::span(values)), tensor);
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

}  // namespace

void require_finite(const MddNet& model) {
  const ParameterStore& store = model.trained();
  for (const Parameter& p : store.parameters()) {
    bool finite = all_finite(store.backend(), p.view.value);
    if (p.trained) {
      for (const Tensor& flat : {store.first_moments(), store.second_moments()}) {
        finite = finite && all_finite(store.backend(), ParameterStore::slice(flat, p));
      }
    }
    if (!finite) {
      fail(ErrorKind::kRuntime,
           "tensor " + p.name + " holds a value that is not finite: the checkpoint is not replaced");
    }
  }
}

void write_training_state(const RunPaths& paths, const MddNet& model, const TrainingStep& step,
                          const TrainingPosition& position) {
  require_finite(model);
  NamedHostTensors tensors = collect(model, step);
  std::vector<weights::NamedTensor> named;
  named.reserve(tensors.size());
  for (auto& [name, tensor] : tensors) named.push_back({name, tensor.view()});
  weights::write_safetensors(paths.training_state(), named,
                             {{"format", "mddnet-training-state"},
                              {"encoder", model.options().encoder},
                              {"step", std::to_string(position.step)},
                              {"data", position.data_digest}});
}

TrainingPosition read_training_state(const RunPaths& paths, MddNet& model, TrainingStep& step) {
  const auto archive = weights::open_archive(paths.training_state());
  const std::string where = paths.training_state().string();
  const auto metadata = [&](const std::string& key) {
    const auto found = archive->metadata().find(key);
    if (found == archive->metadata().end()) fail_data(where, "metadata", key, "none");
    return found->second;
  };
  TrainingPosition position;
  position.data_digest = metadata("data");
  const std::string text = metadata("step");
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), position.step);
  if (error != std::errc{} || end != text.data() + text.size() || position.step < 0) {
    fail_data(where, "step", "a whole number", text);
  }
  ParameterStore& store = model.trained();
  import_tensors(store, "", source_of(*archive), "", [](const std::string& name) { return name.starts_with("adam."); });
  for (const Parameter& p : store.parameters()) {
    if (!p.trained) continue;
    for (const auto& [prefix, flat] : {std::pair{kFirst, store.first_moments()}, {kSecond, store.second_moments()}}) {
      const HostTensor moment = archive->read(prefix + p.name);
      if (!(moment.shape == ParameterStore::file_shape(p))) {
        fail_data(where, "shape of tensor " + (prefix + p.name), ParameterStore::file_shape(p).text(),
                  moment.shape.text());
      }
      const std::vector<float> values = to_f32(moment);
      const bool squares = prefix == kSecond;
      if (!std::all_of(values.begin(), values.end(),
                       [&](float v) { return std::isfinite(v) && (!squares || v >= 0); })) {
        fail_data(where, "tensor " + (prefix + p.name), squares ? "finite values of at least 0" : "finite values",
                  "others");
      }
      store.from_file_order(p, moment, ParameterStore::slice(flat, p));
    }
  }
  const HostTensor counters = archive->read(kCounters);
  if (counters.dtype != DType::kF64 || counters.shape.elements() != kOptimizerStateSize) {
    fail_data(where, "tensor adam.counters", "f64 [8]", std::string(name_of(counters.dtype)) + counters.shape.text());
  }
  std::array<double, kOptimizerStateSize> state{};
  std::copy_n(counters.span<double>().begin(), state.size(), state.begin());
  if (!(std::isfinite(state[kStepsTaken]) && state[kStepsTaken] >= 0 && state[kSkippedTotal] >= 0)) {
    fail_data(where, "tensor adam.counters", "counts of at least 0", std::to_string(state[kStepsTaken]));
  }
  step.set_optimizer_state(state);
  return position;
}

}  // namespace mdd
