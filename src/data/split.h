// Normal images set aside from training, from which thresholds are computed later (spec S8).
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "data/dataset.h"

namespace mdd::data {

/// Indices into Dataset::train, ascending; together they are all of them, each once.
struct Split {
  std::vector<std::size_t> train;
  std::vector<std::size_t> hold_out;
};

/// How many of a class's `images` normal images are set aside: a tenth, rounded down, but at least 5; none if there are
/// fewer than 20.
[[nodiscard]] std::size_t hold_out_count(std::size_t images) noexcept;

/// Draws the hold-out of every class. The same seed gives the same split on every machine; a class's draw does not
/// depend on the images of other classes.
[[nodiscard]] Split split_training(const Dataset& dataset, std::uint64_t seed);

}  // namespace mdd::data
