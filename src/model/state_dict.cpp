#include "model/state_dict.h"

#include <algorithm>
#include <cmath>

namespace mdd {
namespace {

constexpr std::string_view kRunningVariance = ".running_var";
constexpr std::string_view kBatchesTracked = ".num_batches_tracked";

bool is_counter(const std::string& name) { return name.ends_with(kBatchesTracked); }

bool is_floating(DType type) {
  return type == DType::kF64 || type == DType::kF32 || type == DType::kF16 || type == DType::kBF16;
}

void check_values(const std::string& where, const std::string& name, const HostTensor& tensor) {
  if (!is_floating(tensor.dtype)) {
    fail_data(where, "type of tensor " + name, "f32, f16, bf16 or f64", std::string(name_of(tensor.dtype)));
  }
  for (const float value : to_f32(tensor)) {
    if (!std::isfinite(value)) fail_data(where, "tensor " + name, "finite values", std::to_string(value));
    if (name.ends_with(kRunningVariance) && value < 0.0f) {
      fail_data(where, "tensor " + name, "variances of at least 0", std::to_string(value));
    }
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
  std::map<std::string, const Parameter*> wanted;
  for (const Parameter& p : store.parameters()) wanted.emplace(source_prefix + p.name.substr(store_prefix.size()), &p);
  std::set<std::string> found;
  for (const auto& [name, shape] : source.tensors) {
    const auto match = wanted.find(name);
    if (match == wanted.end()) {
      if (ignored(name) || is_counter(name)) continue;
      fail_data(source.where, "surplus tensor " + name, "only tensors of this architecture", shape.text());
    }
    const Shape expected = ParameterStore::file_shape(*match->second);
    if (!(shape == expected)) fail_data(source.where, "shape of tensor " + name, expected.text(), shape.text());
    found.insert(name);
  }
  for (const auto& [name, parameter] : wanted) {
    if (!found.contains(name)) {
      fail_data(source.where, "missing tensor " + name, ParameterStore::file_shape(*parameter).text(), "none");
    }
  }
  for (const auto& [name, parameter] : wanted) {
    const HostTensor tensor = source.read(name);
    check_values(source.where, name, tensor);
    store.from_file_order(*parameter, tensor, parameter->view.value);
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
  import_tensors(model.frozen(), "", source, "", [](const std::string& name) { return !name.starts_with("encoder."); });
  import_tensors(model.trained(), "", source, "", [](const std::string& name) { return name.starts_with("encoder."); });
  model.fold_encoder();
}

}  // namespace mdd
