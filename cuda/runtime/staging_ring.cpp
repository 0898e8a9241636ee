#include "cuda/runtime/staging_ring.h"

#include <algorithm>
#include <cstring>

namespace mdd::cuda {

StagingRing::StagingRing(cudaStream_t stream) : stream_(stream) {
  MDDNET_CUDA(cudaMallocHost(memory_.out(), kSlots * kSlotBytes));
  for (std::size_t i = 0; i < kSlots; ++i) {
    slots_[i].memory = static_cast<std::byte*>(memory_.get()) + i * kSlotBytes;
    MDDNET_CUDA(cudaEventCreateWithFlags(slots_[i].done.out(), cudaEventDisableTiming));
  }
}

StagingRing::Slot& StagingRing::next() {
  Slot& slot = slots_[next_];
  next_ = (next_ + 1) % kSlots;
  MDDNET_CUDA(cudaEventSynchronize(slot.done.get()));  // at once if it was never recorded
  return slot;
}

void StagingRing::upload(void* device, std::span<const std::byte> host) {
  for (std::size_t at = 0; at < host.size(); at += kSlotBytes) {
    const std::size_t bytes = std::min(kSlotBytes, host.size() - at);
    Slot& slot = next();
    std::memcpy(slot.memory, host.data() + at, bytes);
    MDDNET_CUDA(
        cudaMemcpyAsync(static_cast<std::byte*>(device) + at, slot.memory, bytes, cudaMemcpyHostToDevice, stream_));
    MDDNET_CUDA(cudaEventRecord(slot.done.get(), stream_));
  }
}

void StagingRing::download(std::span<std::byte> host, const void* device) {
  for (std::size_t at = 0; at < host.size(); at += kSlotBytes) {
    const std::size_t bytes = std::min(kSlotBytes, host.size() - at);
    Slot& slot = next();
    MDDNET_CUDA(cudaMemcpyAsync(slot.memory, static_cast<const std::byte*>(device) + at, bytes, cudaMemcpyDeviceToHost,
                                stream_));
    MDDNET_CUDA(cudaEventRecord(slot.done.get(), stream_));
    MDDNET_CUDA(cudaEventSynchronize(slot.done.get()));
    std::memcpy(host.data() + at, slot.memory, bytes);
  }
}

}  // namespace mdd::cuda
