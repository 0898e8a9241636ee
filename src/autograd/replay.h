// Work that is done again and again on the same addresses: a training step, an inference. After some ordinary runs it
// is recorded, where the backend can record, and from then on replayed as a whole.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "core/arena.h"
#include "ops/backend.h"

namespace mdd {

/// kEager runs every operation by itself, which is easier to debug and to profile.
enum class StepMode : std::uint8_t { kEager, kRecorded };

class Replay {
 public:
  /// What distinguishes one kind of run from another: extents, and the addresses of everything outside the arena.
  using Key = std::vector<std::uintptr_t>;

  /// Backend and arena outlive this object.
  Replay(Backend& backend, StepArena& arena, StepMode mode) : backend_(&backend), arena_(&arena), mode_(mode) {}

  /// Does `work`, which allocates only from the arena and has released everything when it returns; then resets the
  /// arena. What `work` asks of the backend must depend on nothing but the key; it must not wait, nor read or write
  /// host memory. If it throws, the arena may hold what it allocated.
  void run(const Key& key, const std::function<void()>& work);

  /// Number of kinds of run that are replayed from a recording.
  [[nodiscard]] std::size_t recordings() const noexcept;

 private:
  struct Entry {
    int settled_runs = 0;  ///< ordinary runs in which the arena reserved nothing
    std::unique_ptr<Recording> recording;
  };

  Backend* backend_;
  StepArena* arena_;
  StepMode mode_;
  std::uint64_t generation_ = 0;  ///< of the arena, when the recordings were made
  std::map<Key, Entry> entries_;
};

}  // namespace mdd
