// Host to device and back through pinned memory: the copy engine reads it while the host goes on.
#pragma once
#include <array>
#include <cstddef>
#include <span>

#include "cuda/runtime/handle.h"

namespace mdd::cuda {

/// A few pinned slots used in turn. A slot is written again only when the copy that reads it is done, so an upload
/// waits for the device only when it is a whole ring ahead.
class StagingRing {
 public:
  explicit StagingRing(cudaStream_t stream);
  /// Returns when `host` may be changed; the copy itself is ordered after the stream's earlier work.
  void upload(void* device, std::span<const std::byte> host);
  /// Returns when the bytes have arrived, and with them everything that the stream was asked for before.
  void download(std::span<std::byte> host, const void* device);

 private:
  static constexpr std::size_t kSlots = 4;
  static constexpr std::size_t kSlotBytes = std::size_t{4} << 20;
  struct Slot {
    std::byte* memory = nullptr;
    Event done;
  };
  /// The next slot, its last copy finished.
  Slot& next();

  cudaStream_t stream_;
  PinnedMemory memory_;
  std::array<Slot, kSlots> slots_;
  std::size_t next_ = 0;
};

}  // namespace mdd::cuda
