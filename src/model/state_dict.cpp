#include "model/state_dict.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <span>

#include "core/float_runs.h"
#include "nn/folding.h"

namespace mdd {
namespace {

constexpr std::string_view kRunningVariance = ".running_var";
constexpr std::string_view kBatchesTracked = ".num_batches_tracked";

bool is_counter(const std::string& name) { return name.ends_with(kBatchesTracked); }

bool is_floating(DType type) {
  return type == DType::kF64 || type == DType::kF32 || type == DType::kF16 || type == DType::kBF16;
}

/// Requires a type of floating numbers.
void check_values(const std::string& where, const std::string& name, std::span<const float> values) {
  if (!all_finite(values)) {
    const auto found = std::find_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); });
    fail_data(where, "tensor " + name, "finite values", std::to_string(*found));
  }
  if (!name.ends_with(kRunningVariance)) return;
  const auto found = std::find_if(values.begin(), values.end(), [](float value) { return value < 0.0f; });
  if (found != values.end()) fail_data(where, "tensor " + name, "variances of at least 0", std::to_string(*found));
}

/// The tensor in f32, once its type and values are known to be sound.
HostTensor read_checked(const TensorSource& source, const std::string& name) {
  HostTensor tensor = source.read(name);
  if (!is_floating(tensor.dtype)) {
    fail_data(source.where, "type of tensor " + name, "f32, f16, bf16 or f64", std::string(name_of(tensor.dtype)));
  }
  if (tensor.dtype != DType::kF32) {
    HostTensor floats(DType::kF32, tensor.shape);
    if (tensor.dtype == DType::kF16) {
      floats_from_halves(tensor.span<std::uint16_t>(), floats.span<float>());
    } else {
      const std::vector<float> values = to_f32(tensor);
      std::copy(values.begin(), values.end(), floats.span<float>().begin());
    }
    tensor = std::move(floats);
  }
  check_values(source.where, name, std::as_const(tensor).span<float>());
  return tensor;
}

/// Names that a source has to have, with their shapes.
using Wanted = std::map<std::string, Shape>;

/// Throws Error(kData) for the first tensor that is surplus and not ignored, misshapen, or missing.
void check_list(const TensorSource& source, const Wanted& wanted,
                const std::function<bool(const std::string&)>& ignored) {
  std::set<std::string> found;
  for (const auto& [name, shape] : source.tensors) {
    const auto match = wanted.find(name);
    if (match == wanted.end()) {
      if (ignored(name)) continue;
      fail_data(source.where, "surplus tensor " + name, "only tensors of this architecture", shape.text());
    }
    if (!(shape == match->second)) {
      fail_data(source.where, "shape of tensor " + name, match->second.text(), shape.text());
    }
    found.insert(name);
  }
  for (const auto& [name, shape] : wanted) {
    if (!found.contains(name)) fail_data(source.where, "missing tensor " + name, shape.text(), "none");
  }
}

/// Fills a folded store from a checkpoint that holds convolutions and batch norms.
void import_folding(ParameterStore& store, const TensorSource& source,
                    const std::function<bool(const std::string&)>& ignored) {
  constexpr std::array<const char*, 4> kNormTensors{".weight", ".bias", ".running_mean", ".running_var"};
  Wanted wanted;
  for (const Parameter& p : store.parameters()) wanted.emplace(p.name, ParameterStore::file_shape(p));
  for (const FoldedConvolution& c : store.folded()) {
    wanted.erase(c.bias->name);
    for (const char* suffix : kNormTensors) wanted.emplace(c.norm + suffix, c.bias->shape);
  }
  check_list(source, wanted, ignored);
  store.allocate(false);
  const auto put = [&](const Parameter& p, std::span<const float> values) {
    store.backend().copy_from_host(p.view.value, std::as_bytes(values));
    wanted.erase(p.name);
  };
  for (const FoldedConvolution& c : store.folded()) {
    std::vector<float> weights = ParameterStore::in_memory_order(*c.weight, read_checked(source, c.weight->name));
    const auto norm = [&](std::size_t i) { return to_f32(read_checked(source, c.norm + kNormTensors[i])); };
    const std::vector<float> bias = fold_batch_norm(c.weight->layout, weights, {norm(0), norm(1), norm(2), norm(3)});
    put(*c.weight, weights);
    put(*c.bias, bias);
  }
  for (const Parameter& p : store.parameters()) {
    if (wanted.contains(p.name)) put(p, ParameterStore::in_memory_order(p, read_checked(source, p.name)));
  }
}

}  // namespace

std::vector<std::pair<std::string, HostTensor>> export_tensors(const ParameterStore& store,
                                                               std::int64_t batches_tracked) {
  std::vector<std::pair<std::string, HostTensor>> out;
  for (const Parameter& p : store.parameters()) {
    out.emplace_back(p.name, store.to_file_order(p, p.view.value));
    if (!p.name.ends_with(kRunningVariance)) continue;
    HostTensor counter(DType::kI64, {});
    counter.span<std::int64_t>()[0] = batches_tracked;
    out.emplace_back(p.name.substr(0, p.name.size() - kRunningVariance.size()) + std::string(kBatchesTracked),
                     std::move(counter));
  }
  return out;
}

void import_tensors(ParameterStore& store, const std::string& store_prefix, const TensorSource& source,
                    const std::string& source_prefix, const std::function<bool(const std::string&)>& ignored) {
  const auto name_in_source = [&](const Parameter& p) { return source_prefix + p.name.substr(store_prefix.size()); };
  Wanted wanted;
  for (const Parameter& p : store.parameters()) wanted.emplace(name_in_source(p), ParameterStore::file_shape(p));
  check_list(source, wanted, [&](const std::string& name) { return ignored(name) || is_counter(name); });
  for (const Parameter& p : store.parameters()) {
    store.from_file_order(p, read_checked(source, name_in_source(p)), p.view.value);
  }
}

void load_encoder(MddNet& model, const TensorSource& source) {
  const bool checkpoint = std::any_of(source.tensors.begin(), source.tensors.end(),
                                      [](const auto& tensor) { return tensor.first.starts_with("encoder."); });
  const auto ignored = [&](const std::string& name) {
    if (checkpoint) return !name.starts_with("encoder.");
    return name.starts_with("layer4.") || name.starts_with("fc.");
  };
  import_tensors(model.frozen(), "encoder.", source, checkpoint ? "encoder." : "", ignored);
  model.fold_encoder();
}

void load_checkpoint_tensors(MddNet& model, const TensorSource& source) {
  const auto of_encoder = [](const std::string& name) { return name.starts_with("encoder.") || is_counter(name); };
  const auto of_the_rest = [](const std::string& name) { return !name.starts_with("encoder.") || is_counter(name); };
  if (model.form() == StoreForm::kFolded) {
    import_folding(model.frozen(), source, of_the_rest);
    import_folding(model.trained(), source, of_encoder);
  } else {
    import_tensors(model.frozen(), "", source, "", of_the_rest);
    import_tensors(model.trained(), "", source, "", of_encoder);
  }
  model.fold_encoder();
}

TensorSource source_of_model(const MddNet& model) {
  TensorSource out;
  out.where = "a model in memory";
  for (const ParameterStore* store : {&model.frozen(), &model.trained()}) {
    for (const Parameter& p : store->parameters()) out.tensors.emplace_back(p.name, ParameterStore::file_shape(p));
  }
  out.read = [&model](const std::string& name) {
    for (const ParameterStore* store : {&model.frozen(), &model.trained()}) {
      if (const Parameter* p = store->find(name)) return store->to_file_order(*p, p->view.value);
    }
    fail(ErrorKind::kRuntime, "internal error: no tensor " + name);
  };
  return out;
}

void reserve_folded(MddNet& model, const TensorSource& source) {
  require(model.form() == StoreForm::kFolded, "folded tensors belong into a folded model");
  Wanted wanted;
  for (const ParameterStore* store : {&model.frozen(), &model.trained()}) {
    for (const Parameter& p : store->parameters()) wanted.emplace(p.name, p.shape);
  }
  check_list(source, wanted, [](const std::string&) { return false; });
  model.frozen().allocate(false);
  model.trained().allocate(false);
}

}  // namespace mdd
