// The lanes of a warp run one after another here, and together on a GPU: puts their traces side by side again.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

namespace emu {

inline constexpr unsigned kLanes = 32;

/// Something that a lane did: entered a basic block (0 bytes), or accessed memory.
struct Event {
  const void* place;  ///< in the code
  std::uintptr_t address;
  unsigned bytes;
  bool store, shared;
};

/// The same thing done by lanes of a warp together.
struct Step {
  const void* place = nullptr;
  std::array<std::uintptr_t, kLanes> address{};
  unsigned lanes = 0;  ///< that took part, one bit each
  unsigned bytes = 0;
  bool store = false, shared = false;

  [[nodiscard]] bool has(unsigned lane) const { return (lanes >> lane & 1u) != 0; }
};

/// The steps of a warp. Lanes that went other ways, or round a loop more often, have steps to themselves; where they
/// come together again is found by comparing places, as `diff` finds the common lines of two texts.
[[nodiscard]] std::vector<Step> steps_of(const std::array<std::vector<Event>, kLanes>& traces);

}  // namespace emu
