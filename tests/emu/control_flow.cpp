#include "tests/emu/control_flow.h"

#include <algorithm>

namespace emu {
namespace {

using Blocks = std::vector<std::size_t>;
using Set = std::vector<bool>;

/// For every block, those that every way to it leads through.
std::vector<Set> dominators(const std::vector<Blocks>& before) {
  const std::size_t count = before.size();
  std::vector<Set> through(count, Set(count, true));
  through[0].assign(count, false);
  through[0][0] = true;
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t block = 1; block < count; ++block) {
      Set all(count, true);
      for (const std::size_t earlier : before[block]) {
        for (std::size_t i = 0; i < count; ++i) all[i] = all[i] && through[earlier][i];
      }
      all[block] = true;
      if (all == through[block]) continue;
      through[block] = std::move(all);
      changed = true;
    }
  }
  return through;
}

}  // namespace

std::size_t ControlFlow::number_of(Place block) {
  const auto [at, fresh] = numbers_.try_emplace(block, after_.size());
  if (fresh) {
    after_.emplace_back();
    before_.emplace_back();
  }
  return at->second;
}

void ControlFlow::follow(std::size_t from, std::size_t to) {
  Blocks& successors = after_[from];
  if (std::ranges::find(successors, to) != successors.end()) return;
  successors.push_back(to);
  before_[to].push_back(from);
  known_ = false;
}

const std::vector<std::size_t>& ControlFlow::loops_around(std::size_t block) {
  if (!known_) find_loops();
  return around_[block];
}

std::size_t ControlFlow::loop_of_jump(std::size_t from, std::size_t to) {
  if (!known_) find_loops();
  for (const std::size_t loop : around_[to]) {
    if (loops_[loop].first == to && std::ranges::find(loops_[loop].jumps, from) != loops_[loop].jumps.end())
      return loop;
  }
  return kNone;
}

ControlFlow::Loop ControlFlow::loop_of(std::size_t first, std::size_t last) const {
  Loop loop{first, {last}, Set(after_.size(), false)};
  loop.inside[first] = true;
  for (Blocks open{last}; !open.empty();) {
    const std::size_t block = open.back();
    open.pop_back();
    if (loop.inside[block]) continue;
    loop.inside[block] = true;
    open.insert(open.end(), before_[block].begin(), before_[block].end());
  }
  return loop;
}

void ControlFlow::find_loops() {
  const std::vector<Set> through = dominators(before_);
  loops_.clear();
  for (std::size_t last = 0; last < after_.size(); ++last) {
    for (const std::size_t first : after_[last]) {
      if (!through[last][first]) continue;
      Loop loop = loop_of(first, last);
      const auto same = std::ranges::find_if(loops_, [&](const Loop& other) {
        return other.first == first && other.inside[last] == loop.inside[other.jumps[0]];
      });
      if (same == loops_.end()) {
        loops_.push_back(std::move(loop));
        continue;
      }
      same->jumps.push_back(last);
      for (std::size_t i = 0; i < loop.inside.size(); ++i) same->inside[i] = same->inside[i] || loop.inside[i];
    }
  }
  std::ranges::stable_sort(loops_, [](const Loop& a, const Loop& b) {
    return std::ranges::count(a.inside, true) > std::ranges::count(b.inside, true);
  });
  around_.assign(after_.size(), {});
  for (std::size_t loop = 0; loop < loops_.size(); ++loop) {
    for (std::size_t block = 0; block < around_.size(); ++block) {
      if (loops_[loop].inside[block]) around_[block].push_back(loop);
    }
  }
  known_ = true;
}

}  // namespace emu
