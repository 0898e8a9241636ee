#include "tests/emu/warp_traces.h"

#include <algorithm>
#include <numeric>

namespace emu {
namespace {

/// How far ahead a place is looked for, and how many matches in a row make sure of one.
constexpr std::size_t kHorizon = 4096, kSure = 64;

using Steps = std::vector<Step>;
using Trace = std::vector<Event>;

/// Matches in a row from there on, at most kSure.
std::size_t run_length(const Steps& steps, std::size_t i, const Trace& trace, std::size_t j) {
  std::size_t length = 0;
  while (length < kSure && i + length < steps.size() && j + length < trace.size() &&
         steps[i + length].place == trace[j + length].place) {
    ++length;
  }
  return length;
}

Step step_of(const Event& event) {
  return {.place = event.place, .bytes = event.bytes, .store = event.store, .shared = event.shared};
}

void take_part(Step& step, unsigned lane, const Event& event) {
  step.lanes |= 1u << lane;
  step.address[lane] = event.address;
}

/// One more lane among the steps of those before it.
Steps merged(Steps steps, const Trace& trace, unsigned lane) {
  Steps out;
  out.reserve(std::max(steps.size(), trace.size()));
  std::size_t i = 0, j = 0;
  while (j < trace.size()) {
    if (i < steps.size() && steps[i].place == trace[j].place) {
      take_part(steps[i], lane, trace[j++]);
      out.push_back(steps[i++]);
      continue;
    }
    // Either the lane left out some steps, or it made some that the others did not: what fits longer afterwards.
    std::size_t left_out = 1, own = 1;
    while (left_out < kHorizon && i + left_out < steps.size() && steps[i + left_out].place != trace[j].place)
      ++left_out;
    while (own < kHorizon && j + own < trace.size() && i < steps.size() && trace[j + own].place != steps[i].place)
      ++own;
    const std::size_t after_left_out = run_length(steps, i + left_out, trace, j);
    const std::size_t after_own = run_length(steps, i, trace, j + own);
    if (after_left_out > 0 && after_left_out >= after_own) {
      for (std::size_t end = i + left_out; i < end; ++i) out.push_back(steps[i]);
      continue;
    }
    for (const std::size_t end = after_own > 0 ? j + own : j + 1; j < end; ++j) {
      out.push_back(step_of(trace[j]));
      take_part(out.back(), lane, trace[j]);
    }
  }
  out.insert(out.end(), steps.begin() + static_cast<std::ptrdiff_t>(i), steps.end());
  return out;
}

}  // namespace

Steps steps_of(const std::array<Trace, kLanes>& traces) {
  // The longest first: the others then mostly leave something out.
  std::array<unsigned, kLanes> order{};
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::stable_sort(order, [&](unsigned a, unsigned b) { return traces[a].size() > traces[b].size(); });
  Steps steps;
  for (const unsigned lane : order) {
    if (!traces[lane].empty()) steps = merged(std::move(steps), traces[lane], lane);
  }
  return steps;
}

}  // namespace emu
