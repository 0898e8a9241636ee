#include "train/store_state.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "inference/tensor_source.h"

namespace mdd {
namespace {

constexpr const char* kFirst = "adam.first.";
constexpr const char* kSecond = "adam.second.";
constexpr const char* kCounters = "adam.counters";

bool all_finite(Backend& backend, const Tensor& tensor) {
  std::vector<float> values(static_cast<std::size_t>(tensor.elements()));
  backend.copy_to_host(std::as_writable_bytes(std::span(values)), tensor);
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

void restore_moments(ParameterStore& store, const weights::TensorArchive& archive, const std::string& where) {
  for (const Parameter& p : store.parameters()) {
    if (!p.trained) continue;
    for (const auto& [prefix, flat] : {std::pair{kFirst, store.first_moments()}, {kSecond, store.second_moments()}}) {
      const HostTensor moment = archive.read(prefix + p.name);
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
}

}  // namespace

void require_finite(const ParameterStore& store) {
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

std::vector<std::pair<std::string, HostTensor>> state_tensors(const ParameterStore& store,
                                                              const OptimizerCounters& counters) {
  std::vector<std::pair<std::string, HostTensor>> out;
  for (const Parameter& p : store.parameters()) {
    out.emplace_back(p.name, store.to_file_order(p, p.view.value));
    if (!p.trained) continue;
    out.emplace_back(kFirst + p.name, store.to_file_order(p, ParameterStore::slice(store.first_moments(), p)));
    out.emplace_back(kSecond + p.name, store.to_file_order(p, ParameterStore::slice(store.second_moments(), p)));
  }
  HostTensor host(DType::kF64, {kOptimizerStateSize});
  std::copy(counters.begin(), counters.end(), host.span<double>().begin());
  out.emplace_back(kCounters, std::move(host));
  return out;
}

OptimizerCounters restore_state(ParameterStore& store, const weights::TensorArchive& archive) {
  const std::string where = archive.path().string();
  import_tensors(store, "", source_of(archive), "", [](const std::string& name) { return name.starts_with("adam."); });
  restore_moments(store, archive, where);
  const HostTensor counters = archive.read(kCounters);
  if (counters.dtype != DType::kF64 || counters.shape.elements() != kOptimizerStateSize) {
    fail_data(where, "tensor adam.counters", "f64 [8]", std::string(name_of(counters.dtype)) + counters.shape.text());
  }
  OptimizerCounters state{};
  std::copy_n(counters.span<double>().begin(), state.size(), state.begin());
  if (!(std::isfinite(state[kStepsTaken]) && state[kStepsTaken] >= 0 && state[kSkippedTotal] >= 0)) {
    fail_data(where, "tensor adam.counters", "counts of at least 0", std::to_string(state[kStepsTaken]));
  }
  return state;
}

std::string required_metadata(const weights::TensorArchive& archive, const std::string& key) {
  const auto found = archive.metadata().find(key);
  if (found == archive.metadata().end()) fail_data(archive.path().string(), "metadata", key, "none");
  return found->second;
}

std::int64_t required_count(const weights::TensorArchive& archive, const std::string& key) {
  const std::string text = required_metadata(archive, key);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) {
    fail_data(archive.path().string(), key, "a whole number", text);
  }
  return value;
}

}  // namespace mdd
