// Sources of synthetic anomalies (spec S7, step 2).
#pragma once
#include <span>

#include "ops/params.h"
#include "reference/array.h"

namespace mdd::reference {

/// Image n of the result is recipes[n] carried out on its image of `pool` [M,S,S,3], one whole image after the other:
/// shuffled, then distortion by distortion, each rounded to whole numbers 0..255.
[[nodiscard]] Array anomaly_sources(const Array& pool, std::span<const SourceRecipe> recipes);

/// `image` [S,S,3] with cell cells[i] of its 8 x 8 at place i.
[[nodiscard]] Array shuffled(const SourceRecipe& recipe, const Array& image);

/// `image` [S,S,3] moved down and to the right, what leaves comes in at the other side.
[[nodiscard]] Array rolled(const Distortion& roll, const Array& image);

}  // namespace mdd::reference
