#include "cuda/runtime/context.h"

#include <algorithm>
#include <cstdio>

namespace mdd::cuda {
namespace {

constexpr int kOldestMajor = 8;  // bf16 and tf32 begin with compute capability 8.0

cudaDeviceProp select(int device) {
  const std::string what = "device cuda:" + std::to_string(device);
  int count = 0;
  if (const cudaError_t error = cudaGetDeviceCount(&count); error != cudaSuccess) {
    static_cast<void>(cudaGetLastError());
    fail(ErrorKind::kDevice, what + ": " + cudaGetErrorString(error) + "; use --device cpu or auto");
  }
  if (device < 0 || device >= count) {
    fail(ErrorKind::kDevice, what + ": expected a number below " + std::to_string(count) + ", the devices found");
  }
  cudaDeviceProp properties{};
  MDDNET_CUDA(cudaGetDeviceProperties(&properties, device));
  if (properties.major < kOldestMajor) {
    fail(ErrorKind::kDevice, what + ": expected compute capability 8.0 or newer, found " +
                                 std::to_string(properties.major) + "." + std::to_string(properties.minor));
  }
  MDDNET_CUDA(cudaSetDevice(device));
  return properties;
}

Stream new_stream() {
  Stream stream;
  MDDNET_CUDA(cudaStreamCreateWithFlags(stream.out(), cudaStreamNonBlocking));
  return stream;
}

/// 13000 -> "13.0".
std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

}  // namespace

Context::Context(int device)
    : device_(device), properties_(select(device)), stream_(new_stream()), staging_(stream_.get()) {}

Context::~Context() { static_cast<void>(cudaStreamSynchronize(stream_.get())); }

std::string Context::description() const {
  int driver = 0, runtime = 0;
  MDDNET_CUDA(cudaDriverGetVersion(&driver));
  MDDNET_CUDA(cudaRuntimeGetVersion(&runtime));
  char memory[32];
  static_cast<void>(
      std::snprintf(memory, sizeof memory, "%.1f GiB", static_cast<double>(properties_.totalGlobalMem) / (1 << 30)));
  return std::string(properties_.name) + ", compute capability " + std::to_string(properties_.major) + "." +
         std::to_string(properties_.minor) + ", " + std::to_string(properties_.multiProcessorCount) +
         " multiprocessors, " + memory + ", driver " + version_text(driver) + ", runtime " + version_text(runtime);
}

bool Context::recording() const {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  MDDNET_CUDA(cudaStreamIsCapturing(stream_.get(), &status));
  return status != cudaStreamCaptureStatusNone;
}

void* Context::allocate(std::size_t bytes) {
  require(!recording(), "device memory is not allocated while a step is recorded");
  void* address = nullptr;
  const cudaError_t error = cudaMalloc(&address, std::max<std::size_t>(bytes, 1));
  if (error == cudaErrorMemoryAllocation) {
    static_cast<void>(cudaGetLastError());
    std::size_t free = 0, total = 0;
    MDDNET_CUDA(cudaMemGetInfo(&free, &total));
    fail(ErrorKind::kRuntime, "out of memory: " + std::to_string(bytes) +
                                  " bytes asked for on cuda:" + std::to_string(device_) + ", " + std::to_string(free) +
                                  " of " + std::to_string(total) + " free; a smaller --batch or --size needs less");
  }
  MDDNET_CUDA(error);
  return address;
}

void Context::release(void* address) noexcept { static_cast<void>(cudaFree(address)); }

void* Context::scratch(std::size_t bytes) {
  if (bytes > scratch_bytes_) {
    const std::size_t grown = std::max(bytes, 2 * scratch_bytes_);
    scratch_.emplace_back(allocate(grown));
    scratch_bytes_ = grown;
  }
  return scratch_.empty() ? nullptr : scratch_.back().get();
}

void Context::synchronize() { MDDNET_CUDA(cudaStreamSynchronize(stream_.get())); }

}  // namespace mdd::cuda
