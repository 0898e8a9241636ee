#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <numeric>
#include <unordered_set>
#include <vector>

#include "core/error.h"
#include "weights/safetensors.h"
#include "weights/safetensors_header.h"
#include "weights/untrusted.h"

namespace mdd::weights {
namespace {

std::string quoted(const std::string& where, const std::string& text) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    fail(ErrorKind::kData, where + ": name or metadata is not UTF-8: " + printable(text));
  }
}

std::size_t bytes_of(const TensorInfo& tensor) {
  return static_cast<std::size_t>(tensor.shape.elements()) * size_of(tensor.dtype);
}

/// Order of the data: falling element size keeps every tensor aligned to its elements.
std::vector<std::size_t> data_order(std::span<const TensorInfo> tensors) {
  std::vector<std::size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return size_of(tensors[a].dtype) > size_of(tensors[b].dtype); });
  return order;
}

std::string tensor_entry(const TensorInfo& tensor, std::size_t begin) {
  std::string out = R"({"dtype":")" + std::string(safetensors_name_of(tensor.dtype)) + R"(","shape":[)";
  for (int axis = 0; axis < tensor.shape.rank(); ++axis) {
    if (axis > 0) out += ',';
    out += std::to_string(tensor.shape[axis]);
  }
  return out + R"(],"data_offsets":[)" + std::to_string(begin) + "," + std::to_string(begin + bytes_of(tensor)) + "]}";
}

std::string header_text(const std::string& where, std::span<const TensorInfo> tensors,
                        std::span<const std::size_t> order, const std::map<std::string, std::string>& metadata) {
  std::vector<std::size_t> begins(tensors.size());
  std::size_t position = 0;
  for (const std::size_t i : order) {
    begins[i] = position;
    position += bytes_of(tensors[i]);
  }
  std::string out = "{";
  if (!metadata.empty()) {
    out += R"("__metadata__":{)";
    for (const auto& [key, value] : metadata) out += quoted(where, key) + ":" + quoted(where, value) + ",";
    out.back() = '}';
    out += ',';
  }
  std::unordered_set<std::string> seen{"__metadata__"};
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!seen.insert(tensors[i].name).second) {
      fail(ErrorKind::kData, where + ": tensor name used twice or reserved: " + printable(tensors[i].name));
    }
    out += quoted(where, tensors[i].name) + ":" + tensor_entry(tensors[i], begins[i]) + ",";
  }
  if (out.back() == ',') out.pop_back();
  out += '}';
  out.append((8 - out.size() % 8) % 8, ' ');
  if (out.size() > kMaxSafetensorsHeader) fail(ErrorKind::kData, where + ": too many tensors for one header");
  return out;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, std::span<const TensorInfo> tensors,
                       const std::map<std::string, std::string>& metadata, const TensorProducer& produce) {
  const std::vector<std::size_t> order = data_order(tensors);
  const std::string header = header_text(path.string(), tensors, order, metadata);
  std::array<std::byte, 8> length{};
  for (std::size_t i = 0; i < length.size(); ++i) length[i] = static_cast<std::byte>(header.size() >> (8 * i));
  write_atomically(path, [&](const ByteSink& sink) {
    sink(length);
    sink(std::as_bytes(std::span(header)));
    for (const std::size_t i : order) {
      std::size_t written = 0;
      produce(i, [&](std::span<const std::byte> bytes) {
        written += bytes.size();
        sink(bytes);
      });
      require(written == bytes_of(tensors[i]), "a tensor is written with the size that its header states");
    }
  });
}

void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<TensorInfo> infos;
  infos.reserve(tensors.size());
  for (const auto& [name, tensor] : tensors) infos.push_back({name, tensor.dtype, tensor.shape});
  write_safetensors(path, infos, metadata, [&](std::size_t index, const ByteSink& sink) {
    const Tensor& tensor = tensors[index].tensor;
    sink({static_cast<const std::byte*>(tensor.data), tensor.bytes()});
  });
}

void write_safetensors_of(const std::filesystem::path& path, OwnedTensors&& tensors,
                          const std::map<std::string, std::string>& metadata) {
  std::vector<NamedTensor> named;
  named.reserve(tensors.size());
  for (auto& [name, tensor] : tensors) named.push_back({name, tensor.view()});
  write_safetensors(path, named, metadata);
}

}  // namespace mdd::weights
