#include "weights/convert.h"

#include <cmath>
#include <cstring>
#include <map>
#include <vector>

#include "core/error.h"
#include "core/tensor.h"
#include "weights/safetensors.h"
#include "weights/untrusted.h"

namespace mdd::weights {
namespace {

bool is_floating(DType dtype) {
  return dtype == DType::kF64 || dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16;
}

float round_trip(float value, DType to, std::uint16_t& bits) {
  bits = to == DType::kF16 ? half_from_float(value) : bfloat16_from_float(value);
  return to == DType::kF16 ? float_from_half(bits) : float_from_bfloat16(bits);
}

/// Was the element finite before it became a float? Only f64 can leave float's range.
bool finite_at(const HostTensor& tensor, std::size_t index, float as_float) {
  return tensor.dtype == DType::kF64 ? std::isfinite(tensor.span<double>()[index]) : std::isfinite(as_float);
}

HostTensor rounded(const HostTensor& from, DType to, const std::string& where) {
  const std::vector<float> values = to_f32(from);
  HostTensor out(to, from.shape);
  for (std::size_t i = 0; i < values.size(); ++i) {
    float stored = values[i];
    if (to == DType::kF32) {
      out.span<float>()[i] = stored;
    } else {
      stored = round_trip(values[i], to, out.span<std::uint16_t>()[i]);
    }
    if (std::isinf(stored) && finite_at(from, i, values[i])) {
      fail_data(where, "element " + std::to_string(i), "a value within the range of " + std::string(name_of(to)),
                "a larger one");
    }
  }
  return out;
}

}  // namespace

void convert_to_safetensors(const TensorArchive& archive, const std::filesystem::path& out,
                            std::optional<DType> floats_as) {
  if (floats_as && (!is_floating(*floats_as) || *floats_as == DType::kF64)) {
    fail(ErrorKind::kUsage, "weights can be converted to f32, f16 or bf16, not " + std::string(name_of(*floats_as)));
  }
  std::vector<TensorInfo> infos = archive.tensors();
  for (TensorInfo& info : infos) {
    if (floats_as && is_floating(info.dtype)) info.dtype = *floats_as;
  }
  std::map<std::string, std::string> metadata = archive.metadata();
  metadata.emplace("format", "pt");
  metadata.emplace("source", archive.path().filename().string());
  write_safetensors(out, infos, metadata, [&](std::size_t index, const ByteSink& sink) {
    HostTensor tensor = archive.read(infos[index].name);
    if (tensor.dtype != infos[index].dtype) {
      const std::string where = archive.path().string() + ": tensor " + printable(infos[index].name);
      tensor = rounded(tensor, infos[index].dtype, where);
    }
    sink(tensor.bytes);
  });
}

}  // namespace mdd::weights
