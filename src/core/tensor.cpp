#include "core/tensor.h"

#include <cstring>

#include "core/float_runs.h"

namespace mdd {

Tensor Tensor::rows(std::int64_t first, std::int64_t count) const {
  require(shape.rank() >= 1 && first >= 0 && count >= 0 && first + count <= shape[0], "rows lie inside the tensor");
  std::vector<std::int64_t> extents(shape.extents().begin(), shape.extents().end());
  extents[0] = count;
  const std::size_t row = shape[0] == 0 ? 0 : bytes() / static_cast<std::size_t>(shape[0]);
  return {static_cast<std::byte*>(data) + row * static_cast<std::size_t>(first), dtype, Shape(extents)};
}

namespace {
template <class T>
void convert(const HostTensor& from, std::vector<float>& to) {
  const auto* source = reinterpret_cast<const T*>(from.bytes.data());
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<float>(source[i]);
}
}  // namespace

std::vector<float> to_f32(const HostTensor& tensor) {
  std::vector<float> out(static_cast<std::size_t>(tensor.shape.elements()));
  const auto* half = reinterpret_cast<const std::uint16_t*>(tensor.bytes.data());
  switch (tensor.dtype) {
    case DType::kF64:
      convert<double>(tensor, out);
      break;
    case DType::kF32:
      convert<float>(tensor, out);
      break;
    case DType::kF16:
      floats_from_halves({half, out.size()}, out);
      break;
    case DType::kBF16:
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = float_from_bfloat16(half[i]);
      break;
    case DType::kI64:
      convert<std::int64_t>(tensor, out);
      break;
    case DType::kI32:
      convert<std::int32_t>(tensor, out);
      break;
    case DType::kI16:
      convert<std::int16_t>(tensor, out);
      break;
    case DType::kI8:
      convert<std::int8_t>(tensor, out);
      break;
    case DType::kU8:
    case DType::kBool:
      convert<std::uint8_t>(tensor, out);
      break;
  }
  return out;
}

}  // namespace mdd
