// Construction, memory and recording of the CUDA backend.
#include "cuda/implementation.h"
#include "cuda/ops/elementwise.h"
#include "cuda/runtime/step_graph.h"

namespace mdd::cuda {
namespace {

/// Workspace that one convolution may use; more seldom makes it faster.
constexpr std::int64_t kWorkspaceLimit = std::int64_t{256} << 20;

ConvolutionsOptions convolution_options(const CudaOptions& options) {
  return {.allow_tf32 = options.precision != Precision::kF32,
          .deterministic = options.deterministic,
          .autotune = options.autotune,
          .cache = options.plan_cache,
          .workspace_limit = kWorkspaceLimit};
}

}  // namespace

CudaBackend::CudaBackend(const CudaOptions& options)
    : options_(options),
      context_(options.device),
      products_(context_.stream()),
      convolutions_(convolution_options(options), context_.stream()),
      filters_(*this) {}

std::string CudaBackend::name() const { return "cuda:" + std::to_string(context_.device()); }

std::string CudaBackend::description() const {
  return name() + ": " + context_.description() + ", " + convolutions_.version() + ", " + name_of(options_.precision);
}

DType CudaBackend::feature_type() const {
  switch (options_.precision) {
    case Precision::kBf16:
      return DType::kBF16;
    case Precision::kF16:
      return DType::kF16;
    default:
      return DType::kF32;
  }
}

std::unique_ptr<Recording> CudaBackend::record(const std::function<void()>& work) {
  if (!options_.record) return nullptr;
  return std::make_unique<StepGraph>(context_, filters_.generation(), work);
}

void* CudaBackend::allocate(std::size_t bytes) { return context_.allocate(bytes); }

void CudaBackend::release(void* address) noexcept {
  filters_.forget_mirror_of(address);
  context_.release(address);
}

void CudaBackend::copy_from_host(const Tensor& to, std::span<const std::byte> host) {
  require(host.size() == to.bytes(), "host bytes match the tensor");
  require(!context_.recording(), "host memory is not read while a step is recorded");
  context_.staging().upload(to.data, host);
  refresh_copies(to);
}

void CudaBackend::copy_to_host(std::span<std::byte> host, const Tensor& from) {
  require(host.size() == from.bytes(), "host bytes match the tensor");
  require(!context_.recording(), "nothing reaches the host while a step is recorded");
  context_.staging().download(host, from.data);
}

void CudaBackend::copy(const Tensor& from, const Tensor& to) {
  require(from.dtype == to.dtype && from.elements() == to.elements(), "copy between like tensors");
  if (from.bytes() == 0) return;
  MDDNET_CUDA(cudaMemcpyAsync(to.data, from.data, from.bytes(), cudaMemcpyDeviceToDevice, context_.stream()));
  refresh_copies(to);
}

void CudaBackend::fill(const Tensor& to, float value) {
  require(value == 0.0f || to.dtype == DType::kF32 || to.dtype == DType::kF64, "fill of a floating tensor, or with 0");
  if (to.bytes() == 0) return;
  if (value == 0.0f) {
    MDDNET_CUDA(cudaMemsetAsync(to.data, 0, to.bytes(), context_.stream()));
  } else {
    fill_elements(context_.stream(), context_.multiprocessors(), to, value);
  }
  refresh_copies(to);
}

void CudaBackend::cast(const Tensor& from, const Tensor& to) {
  const TraceRange range("cast");
  require(from.elements() == to.elements(), "cast keeps the number of elements");
  cast_elements(context_.stream(), context_.multiprocessors(), from, to);
  refresh_copies(to);
}

void CudaBackend::refresh_copies(const Tensor& written) {
  if (filters_.touches_mirrored(written))
    cast_elements(context_.stream(), context_.multiprocessors(), filters_.mirrored_master(), filters_.mirrored_copy());
}

void CudaBackend::synchronize() { context_.synchronize(); }

void CudaBackend::forget_packed_filters() { filters_.forget_frozen(); }

}  // namespace mdd::cuda
