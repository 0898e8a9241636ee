// The step arena: activations and gradients of one training or inference step. A step that allocates and releases in
// the same order as the one before gets the same addresses, unless that one had to reserve memory; so a whole step can
// be captured and replayed from the third on. Memory does not grow once the largest step has been seen.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "core/memory_resource.h"
#include "core/tensor.h"

namespace mdd {

class StepArena {
 public:
  static constexpr std::size_t kAlignment = 256;

  explicit StepArena(MemoryResource& resource, std::size_t first_chunk_bytes = std::size_t{1} << 20)
      : resource_(&resource), first_chunk_bytes_(first_chunk_bytes) {}

  /// First fit at the lowest address of the earliest chunk; a new chunk only when nothing fits. Contents undefined.
  /// If it throws, the arena is as before, but for a new chunk perhaps.
  [[nodiscard]] Tensor allocate(DType dtype, const Shape& shape);
  /// Gives the bytes back; requires a tensor that `allocate` returned since the last `reset`.
  void release(const Tensor& tensor) noexcept;
  /// Starts a new step. Requires that everything was released. Chunks are merged into one that holds the peak.
  void reset();

  [[nodiscard]] std::size_t live_bytes() const noexcept { return live_bytes_; }
  [[nodiscard]] std::size_t peak_bytes() const noexcept { return peak_bytes_; }  ///< largest live_bytes so far
  [[nodiscard]] std::size_t reserved_bytes() const noexcept;                     ///< held from the resource
  /// Rises whenever memory is reserved or given back: while it stays, so do the addresses of a repeated step.
  [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }

 private:
  struct Chunk {
    Buffer buffer;
    // Offset -> bytes. Entries move between the two, so that giving back allocates nothing.
    std::map<std::size_t, std::size_t> free;  ///< never adjacent
    std::map<std::size_t, std::size_t> live;
  };
  void add_chunk(std::size_t bytes);

  MemoryResource* resource_;
  std::size_t first_chunk_bytes_;
  std::vector<Chunk> chunks_;
  std::size_t live_bytes_ = 0;
  std::size_t peak_bytes_ = 0;
  std::uint64_t generation_ = 0;
  bool merged_ = false;
};

}  // namespace mdd
