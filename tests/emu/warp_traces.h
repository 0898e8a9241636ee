// The lanes of a warp run one after another here, and together on a GPU: puts their traces side by side again.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "tests/emu/control_flow.h"

namespace emu {

inline constexpr unsigned kLanes = 32;

/// Something that a lane did: entered a basic block (0 bytes), or accessed memory.
struct Event {
  std::uintptr_t place;  ///< in the code
  std::uintptr_t address;
  unsigned bytes;
  bool store, shared;
};

/// The same thing done by lanes of a warp together.
struct Step {
  std::array<std::uintptr_t, kLanes> address{};
  unsigned lanes = 0;  ///< that took part, one bit each
  unsigned bytes = 0;
  bool store = false, shared = false;

  [[nodiscard]] bool has(unsigned lane) const { return (lanes >> lane & 1u) != 0; }
};

using WarpTraces = std::array<std::vector<Event>, kLanes>;

/// Notes the traces' control flow.
void learn(ControlFlow& flow, const WarpTraces& traces);

/// The steps of a warp, in no particular order. Events belong together if they happen at one place, in the same rounds
/// of all loops around it. Requires that `flow` has learned the traces.
[[nodiscard]] std::vector<Step> steps_of(ControlFlow& flow, const WarpTraces& traces);

}  // namespace emu
