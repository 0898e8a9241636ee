#include "weights/state_dict.h"

#include <array>
#include <limits>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "weights/untrusted.h"

namespace mdd::weights {
namespace {

using pickle::Kind;
using pickle::Object;

constexpr std::array<std::pair<std::string_view, DType>, 10> kStorageTypes = {{
    {"torch.DoubleStorage", DType::kF64},
    {"torch.FloatStorage", DType::kF32},
    {"torch.HalfStorage", DType::kF16},
    {"torch.BFloat16Storage", DType::kBF16},
    {"torch.LongStorage", DType::kI64},
    {"torch.IntStorage", DType::kI32},
    {"torch.ShortStorage", DType::kI16},
    {"torch.CharStorage", DType::kI8},
    {"torch.ByteStorage", DType::kU8},
    {"torch.BoolStorage", DType::kBool},
}};

bool has_tensors(const Object& dictionary) {
  for (std::size_t i = 1; i < dictionary.items.size(); i += 2) {
    if (dictionary.items[i]->kind == Kind::kTensor) return true;
  }
  return false;
}

std::string list_keys(const Object& dictionary) {
  std::string out;
  for (std::size_t i = 0; i < dictionary.items.size() && i < 16; i += 2) {
    if (dictionary.items[i]->kind == Kind::kText)
      out += (out.empty() ? "" : ", ") + printable(dictionary.items[i]->text);
  }
  return out.empty() ? "none" : out;
}

const Object& find_tensors(const std::string& where, const Object& root) {
  if (root.kind != Kind::kDictionary) {
    fail(ErrorKind::kData, where + ": holds no state dict: its top object is not a dict");
  }
  if (has_tensors(root)) return root;
  const Object* found = nullptr;
  for (std::size_t i = 0; i < root.items.size(); i += 2) {
    const Object& key = *root.items[i];
    const Object& value = *root.items[i + 1];
    if (key.kind != Kind::kText || value.kind != Kind::kDictionary || !has_tensors(value)) continue;
    if (key.text != "state_dict" && key.text != "model" && key.text != "model_state_dict") continue;
    if (found != nullptr) fail(ErrorKind::kData, where + ": holds two state dicts, and nothing says which is meant");
    found = &value;
  }
  if (found == nullptr) {
    fail_data(where, "no tensors", "a dict of tensors, or one under state_dict, model or model_state_dict",
              "keys " + list_keys(root));
  }
  return *found;
}

/// Reads the tensors of one pickle; `where_` grows by the tensor's name while one is read.
class Reader {
 public:
  Reader(std::string where, std::uint64_t file_bytes)
      : where_(std::move(where)), file_bytes_(file_bytes), budget_(16 * file_bytes + (16u << 20)) {}

  void add(const std::string& name, const Object& tensor) {
    const std::string file = where_;
    where_ += ": tensor " + printable(name);
    const auto& fields = tensor.items;  // storage, offset, size, stride, requires_grad, hooks, sometimes metadata
    if (fields.size() < 6 || fields.size() > 7 || fields[0]->kind != Kind::kStorage) {
      fail(ErrorKind::kData, where_ + ": malformed arguments of _rebuild_tensor_v2");
    }
    StoredTensor out;
    out.storage = add_storage(*fields[0]);
    const Storage& storage = dict_.storages.at(out.storage);
    out.offset = count(*fields[1], "storage offset");
    const std::vector<std::int64_t> extents = counts(*fields[2], "size");
    out.strides = counts(*fields[3], "stride");
    if (out.strides.size() != extents.size()) {
      fail_data(where_, "strides", std::to_string(extents.size()), std::to_string(out.strides.size()));
    }
    out.info = {name, storage.dtype, checked_shape(where_, extents)};
    budget_ -= checked_bytes(where_, out.info.shape, storage.dtype, budget_);
    place(out, storage);
    dict_.tensors.push_back(std::move(out));
    where_ = file;
  }

  [[nodiscard]] StateDict take() { return std::move(dict_); }

 private:
  std::uint64_t count(const Object& object, const char* what) const {
    if (object.kind != Kind::kInteger || object.integer < 0) {
      fail_data(where_, what, "a whole number from 0 up", "something else");
    }
    return static_cast<std::uint64_t>(object.integer);
  }

  std::vector<std::int64_t> counts(const Object& object, const char* what) const {
    if (object.kind != Kind::kTuple) fail_data(where_, what, "a tuple of numbers", "something else");
    if (object.items.size() > static_cast<std::size_t>(Shape::kMaxRank)) {
      fail_data(where_, what, "at most 5 dimensions", std::to_string(object.items.size()));
    }
    std::vector<std::int64_t> out;
    for (const Object* item : object.items) out.push_back(static_cast<std::int64_t>(count(*item, what)));
    return out;
  }

  /// The persistent id ("storage", class, key, device, elements[, view]); returns the key.
  std::string add_storage(const Object& object) {
    const auto& fields = object.items;
    const bool well_formed = (fields.size() == 5 || fields.size() == 6) && fields[0]->kind == Kind::kText &&
                             fields[0]->text == "storage" && fields[1]->kind == Kind::kGlobal &&
                             fields[2]->kind == Kind::kText && fields[3]->kind == Kind::kText;
    if (!well_formed) fail(ErrorKind::kData, where_ + ": malformed persistent id");
    if (fields.size() == 6 && fields[5]->kind != Kind::kNone) {
      fail(ErrorKind::kData, where_ + ": a view of another storage, as PyTorch wrote before 0.4, is not supported");
    }
    Storage storage;
    const auto* type = kStorageTypes.begin();
    while (type != kStorageTypes.end() && type->first != fields[1]->text) ++type;
    if (type == kStorageTypes.end()) fail(ErrorKind::kData, where_ + ": unknown storage class " + fields[1]->text);
    storage.dtype = type->second;
    storage.elements = count(*fields[4], "storage size");
    if (storage.elements > file_bytes_ / size_of(storage.dtype)) {
      fail_data(where_, "storage size", "no more than the file holds", std::to_string(storage.elements) + " elements");
    }
    const auto [known, added] = dict_.storages.emplace(fields[2]->text, storage);
    if (!added && (known->second.dtype != storage.dtype || known->second.elements != storage.elements)) {
      fail(ErrorKind::kData, where_ + ": storage " + printable(fields[2]->text) + " is described in two ways");
    }
    return fields[2]->text;
  }

  /// Sets extent and dense; refuses a tensor that reaches beyond its storage.
  void place(StoredTensor& tensor, const Storage& storage) const {
    const Shape& shape = tensor.info.shape;
    const auto refuse = [&] {
      fail_data(where_, "reaches beyond its storage", "elements below " + std::to_string(storage.elements),
                "shape " + shape.text() + " from element " + std::to_string(tensor.offset));
    };
    if (tensor.offset > storage.elements) refuse();
    if (shape.elements() == 0) return;
    std::int64_t last = 0;
    std::int64_t dense_stride = 1;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      std::int64_t& stride = tensor.strides[static_cast<std::size_t>(axis)];
      if (shape[axis] == 1) stride = 0;  // never used, so it may hold any number
      std::int64_t step = 0;
      if (__builtin_mul_overflow(shape[axis] - 1, stride, &step) || __builtin_add_overflow(last, step, &last)) refuse();
      if (shape[axis] > 1 && stride != dense_stride) tensor.dense = false;
      dense_stride *= shape[axis];
    }
    if (static_cast<std::uint64_t>(last) >= storage.elements - tensor.offset) refuse();
    tensor.extent = static_cast<std::uint64_t>(last) + 1;
  }

  std::string where_;
  std::uint64_t file_bytes_;
  std::uint64_t budget_;
  StateDict dict_;
};

void drop_module_prefix(StateDict& dict) {
  constexpr std::string_view kPrefix = "module.";
  for (const StoredTensor& tensor : dict.tensors) {
    if (!tensor.info.name.starts_with(kPrefix)) return;
  }
  for (StoredTensor& tensor : dict.tensors) tensor.info.name.erase(0, kPrefix.size());
}

}  // namespace

StateDict read_state_dict(const std::string& where, const pickle::Object& root, std::uint64_t file_bytes) {
  const Object& dictionary = find_tensors(where, root);
  Reader reader(where, file_bytes);
  for (std::size_t i = 0; i < dictionary.items.size(); i += 2) {
    const Object& value = *dictionary.items[i + 1];
    if (value.kind != Kind::kTensor) continue;
    if (dictionary.items[i]->kind != Kind::kText) fail(ErrorKind::kData, where + ": a tensor's name is not text");
    reader.add(dictionary.items[i]->text, value);
  }
  StateDict dict = reader.take();
  drop_module_prefix(dict);
  return dict;
}

}  // namespace mdd::weights
