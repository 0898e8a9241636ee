#include "cpu/cpu_backend.h"

#include <cstring>
#include <omp.h>

#include "cpu/implementation.h"
#include "cpu/large_memory.h"
#include "cpu/parallel.h"

namespace mdd {

bool cpu_has_bf16() {
  const auto wanted = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_bf16);  // a set of bits, one a feature
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & wanted) == wanted;
}

std::unique_ptr<Backend> make_cpu_backend(Precision precision) {
  if (precision != Precision::kF32 && precision != Precision::kBf16) {
    fail(ErrorKind::kUsage,
         std::string("precision (--precision): expected f32 or bf16 on the CPU, found '") + name_of(precision) + "'");
  }
  if (precision == Precision::kBf16 && !cpu_has_bf16()) {
    fail(ErrorKind::kDevice,
         "precision bf16 (--precision): this processor has no bf16 arithmetic (AVX512-BF16); f32 works");
  }
  return std::make_unique<cpu::CpuBackend>(precision);
}

namespace cpu {

void* CpuBackend::allocate(std::size_t bytes) {
  void* address = allocate_memory(bytes);
  if (address == nullptr) fail(ErrorKind::kRuntime, "out of memory: no " + std::to_string(bytes) + " bytes left");
  return address;
}

void CpuBackend::release(void* address) noexcept { release_memory(address); }

std::string CpuBackend::name() const { return "cpu"; }

std::string CpuBackend::description() const {
  const dnnl_version_t* version = dnnl::version();
  return "cpu: " + std::to_string(omp_get_max_threads()) + " threads, oneDNN " + std::to_string(version->major) + "." +
         std::to_string(version->minor) + "." + std::to_string(version->patch);
}

DType CpuBackend::feature_type() const { return DType::kF32; }

DType CpuBackend::inference_feature_type() const { return precision_ == Precision::kBf16 ? DType::kBF16 : DType::kF32; }

void CpuBackend::copy_from_host(const Tensor& to, std::span<const std::byte> host) {
  require(host.size() == to.bytes(), "host bytes match the tensor");
  if (!host.empty()) std::memcpy(to.data, host.data(), host.size());
}

void CpuBackend::copy_to_host(std::span<std::byte> host, const Tensor& from) {
  require(host.size() == from.bytes(), "host bytes match the tensor");
  if (!host.empty()) std::memcpy(host.data(), from.data, host.size());
}

void CpuBackend::copy(const Tensor& from, const Tensor& to) {
  require(from.dtype == to.dtype && from.elements() == to.elements(), "copy between like tensors");
  if (from.bytes() > 0) std::memcpy(to.data, from.data, from.bytes());
}

void CpuBackend::fill(const Tensor& to, float value) {
  require(value == 0.0f || to.dtype == DType::kF32 || to.dtype == DType::kF64, "fill of a floating tensor, or with 0");
  if (value == 0.0f) {
    if (to.bytes() > 0) std::memset(to.data, 0, to.bytes());
  } else if (to.dtype == DType::kF32) {
    std::fill_n(to.f32(), to.elements(), value);
  } else {
    std::fill_n(to.as<double>(), to.elements(), static_cast<double>(value));
  }
}

namespace {
float read_element(const Tensor& tensor, std::int64_t i) {
  switch (tensor.dtype) {
    case DType::kF16:
      return float_from_half(static_cast<const std::uint16_t*>(tensor.data)[i]);
    case DType::kBF16:
      return float_from_bfloat16(static_cast<const std::uint16_t*>(tensor.data)[i]);
    default:
      return static_cast<const float*>(tensor.data)[i];
  }
}

void write_element(const Tensor& tensor, std::int64_t i, float value) {
  switch (tensor.dtype) {
    case DType::kF16:
      static_cast<std::uint16_t*>(tensor.data)[i] = half_from_float(value);
      break;
    case DType::kBF16:
      static_cast<std::uint16_t*>(tensor.data)[i] = bfloat16_from_float(value);
      break;
    default:
      static_cast<float*>(tensor.data)[i] = value;
  }
}

bool is_floating_storage(DType type) { return type == DType::kF32 || type == DType::kF16 || type == DType::kBF16; }
}  // namespace

void CpuBackend::cast(const Tensor& from, const Tensor& to) {
  require(from.elements() == to.elements(), "cast keeps the number of elements");
  require(is_floating_storage(from.dtype) && is_floating_storage(to.dtype), "cast between f32, f16 and bf16");
  parallel_blocks(from.elements(), kStreamBlock, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) write_element(to, i, read_element(from, i));
  });
}

void CpuBackend::synchronize() {}

}  // namespace cpu
}  // namespace mdd
