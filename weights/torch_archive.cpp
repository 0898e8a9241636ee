#include "weights/torch_archive.h"

#include <array>
#include <cstring>
#include <utility>

#include "core/error.h"

namespace mdd::weights {
namespace {

/// Copies a strided view, whose first element is the first of `source`, into row-major order.
void gather(const StoredTensor& tensor, std::span<const std::byte> source, std::span<std::byte> out) {
  const Shape& shape = tensor.info.shape;
  const std::size_t size = size_of(tensor.info.dtype);
  std::array<std::int64_t, Shape::kMaxRank> index{};
  std::int64_t element = 0;
  for (std::size_t written = 0; written < out.size(); written += size) {
    std::memcpy(out.data() + written, source.data() + static_cast<std::size_t>(element) * size, size);
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      const auto i = static_cast<std::size_t>(axis);
      element += tensor.strides[i];
      if (++index[i] < shape[axis]) break;
      element -= tensor.strides[i] * shape[axis];
      index[i] = 0;
    }
  }
}

}  // namespace

TorchArchive::TorchArchive(std::filesystem::path path, StateDict dict)
    : TensorArchive(std::move(path)), dict_(std::move(dict)) {
  std::vector<TensorInfo> infos;
  infos.reserve(dict_.tensors.size());
  for (const StoredTensor& tensor : dict_.tensors) infos.push_back(tensor.info);
  set_tensors(std::move(infos));
}

HostTensor TorchArchive::read(const std::string& name) const {
  const StoredTensor& tensor = dict_.tensors[index_of(name)];
  const std::size_t size = size_of(tensor.info.dtype);
  HostTensor out(tensor.info.dtype, tensor.info.shape);
  if (out.bytes.empty()) return out;
  try {
    if (tensor.dense) {
      read_storage(tensor.storage, tensor.offset * size, out.bytes);
    } else {
      std::vector<std::byte> source(static_cast<std::size_t>(tensor.extent) * size);
      read_storage(tensor.storage, tensor.offset * size, source);
      gather(tensor, source, out.bytes);
    }
  } catch (const Error& error) {
    fail(error.kind(), where(name) + ": " + error.what());
  }
  return out;
}

}  // namespace mdd::weights
