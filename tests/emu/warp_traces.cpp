#include "tests/emu/warp_traces.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

namespace emu {
namespace {

std::uint64_t mixed(std::uint64_t key, std::uint64_t value) {
  key = (key ^ value) * 0x9E3779B97F4A7C15ULL;
  return key ^ (key >> 29);
}

/// Where a lane is: the loops around it, outermost first, and the round that it is in of each.
class Position {
 public:
  explicit Position(ControlFlow& flow) : flow_(flow) {}

  void enter(std::size_t block) {
    const std::vector<std::size_t>& loops = flow_.loops_around(block);
    const std::size_t next_round_of = flow_.loop_of_jump(block_, block);
    block_ = block;
    std::size_t kept = 0;
    while (kept < loops.size() && kept < rounds_.size() && rounds_[kept].loop == loops[kept]) {
      ++kept;
      if (loops[kept - 1] != next_round_of) continue;
      ++rounds_[kept - 1].round;
      break;
    }
    rounds_.resize(kept);
    if (kept > 0) seal(rounds_.back());
    for (; kept < loops.size(); ++kept) {
      rounds_.push_back({loops[kept], 0, key(), 0});
      seal(rounds_.back());
    }
  }
  [[nodiscard]] std::uint64_t key() const { return rounds_.empty() ? 0 : rounds_.back().key; }

 private:
  struct Round {
    std::size_t loop;
    std::uint64_t round, around, key;
  };
  static void seal(Round& round) { round.key = mixed(mixed(round.around, round.loop), round.round); }

  ControlFlow& flow_;
  std::size_t block_ = 0;
  std::vector<Round> rounds_;
};

}  // namespace

void learn(ControlFlow& flow, const WarpTraces& traces) {
  for (const std::vector<Event>& trace : traces) {
    std::size_t before = 0;
    for (const Event& event : trace) {
      if (event.bytes > 0) continue;
      const std::size_t block = flow.number_of(event.place);
      flow.follow(before, block);
      before = block;
    }
  }
}

std::vector<Step> steps_of(ControlFlow& flow, const WarpTraces& traces) {
  std::vector<Step> steps;
  std::unordered_map<std::uint64_t, std::size_t> by_key;
  std::size_t most = 0;
  for (const std::vector<Event>& trace : traces) most = std::max(most, trace.size());
  steps.reserve(most);
  by_key.reserve(most);
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    Position position(flow);
    for (const Event& event : traces[lane]) {
      if (event.bytes == 0) position.enter(flow.number_of(event.place));
      std::uint64_t key = mixed(position.key(), event.place);
      auto [at, fresh] = by_key.try_emplace(key, steps.size());
      // The same place twice in the same round: a function that is called twice.
      while (!fresh && steps[at->second].has(lane)) {
        key = mixed(key, 1);
        std::tie(at, fresh) = by_key.try_emplace(key, steps.size());
      }
      if (fresh) steps.push_back({.bytes = event.bytes, .store = event.store, .shared = event.shared});
      Step& step = steps[at->second];
      step.lanes |= 1u << lane;
      step.address[lane] = event.address;
    }
  }
  return steps;
}

}  // namespace emu
