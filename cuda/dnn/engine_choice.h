// Which of cuDNN's engines computes a graph, and how it is set: all that is needed to build the same plan again.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

namespace mdd::cuda {

struct EngineChoice {
  std::int64_t engine = 0;                                   ///< index among the engines that know the graph
  std::vector<std::pair<std::int64_t, std::int64_t>> knobs;  ///< (knob, value)
  friend bool operator==(const EngineChoice&, const EngineChoice&) = default;
};

}  // namespace mdd::cuda
