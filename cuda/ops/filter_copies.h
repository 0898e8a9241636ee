// Convolution weights in the storage type of the features. The masters are f32; 16-bit convolutions read copies.
#pragma once
#include <cstddef>
#include <map>

#include "core/memory_resource.h"
#include "core/tensor.h"

namespace mdd::cuda {

/// Where the 16-bit copies of f32 weights lie. Two kinds: one buffer that mirrors the flat buffer of trained weights
/// element by element, rewritten by every Adam step in the pass that updates the masters; and one copy for each frozen
/// filter. Holds addresses and memory only; the backend does the casting.
class FilterCopies {
 public:
  explicit FilterCopies(MemoryResource& memory) : memory_(&memory) {}

  /// Starts mirroring the f32 buffer `master`; true if that is new, so that the copy must be filled. Allocates then.
  bool mirror(const Tensor& master, DType type);
  /// The memory at `address` is given back: what mirrors it means nothing any more.
  void forget_mirror_of(const void* address) noexcept;
  /// The copy that corresponds to the whole master, undefined if nothing is mirrored.
  [[nodiscard]] Tensor mirrored_copy() const { return copy_; }
  [[nodiscard]] Tensor mirrored_master() const { return master_; }
  /// The copy of weights that lie inside the mirrored buffer, undefined if they do not.
  [[nodiscard]] Tensor find_mirrored(const Tensor& weights) const;
  /// Does a write to `written` change mirrored weights?
  [[nodiscard]] bool touches_mirrored(const Tensor& written) const;

  /// The copy of a frozen filter; `fresh` is set if it was just made and must be filled. Allocates then.
  [[nodiscard]] Tensor frozen(const Tensor& weights, DType type, bool& fresh);
  void forget_frozen() {
    frozen_.clear();
    ++generation_;
  }
  /// Rises whenever a copy that recorded work may read is given back.
  [[nodiscard]] const std::uint64_t& generation() const noexcept { return generation_; }

 private:
  MemoryResource* memory_;
  Tensor master_, copy_;
  Buffer copy_memory_;
  std::uint64_t generation_ = 0;
  struct Frozen {
    Buffer memory;
    Tensor copy;
  };
  std::map<std::pair<const void*, std::int64_t>, Frozen> frozen_;  ///< by address and elements
};

}  // namespace mdd::cuda
