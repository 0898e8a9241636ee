// Cosine distances and what the losses are made of (spec S6).
#pragma once
#include <span>

#include "ops/params.h"
#include "reference/array.h"

namespace mdd::reference {

/// (a.a, b.b, a.b) of image n over everything but the first axis: [N, 3].
[[nodiscard]] Array cosine_moments(const Array& a, const Array& b);
/// mean_n 1 - cos(a_n, b_n) over whole flattened maps, each norm at least 1e-8.
[[nodiscard]] double cosine_flat(const Array& a, const Array& b);
/// 1 - cos over the last axis: [N,h,w] for a, b [N,h,w,C].
[[nodiscard]] Array cosine_map(const Array& a, const Array& b);
[[nodiscard]] double sum(const Array& x);
/// sum |x - target|.
[[nodiscard]] double absolute_difference(const Array& x, const Array& target);
[[nodiscard]] double weighted_sum(const Array& terms, std::span<const float> weights);
/// Mean over the positions of logits [.., K] with a label of 0 or more of -log softmax[label]; 0 if there are none.
[[nodiscard]] double softmax_cross_entropy(const Array& logits, const Array& labels);
/// Mask [N,S,S] of zeros and ones -> [N,cells,cells].
[[nodiscard]] Array reduce_mask(const Array& mask, MaskReduction reduction, Index cells);

}  // namespace mdd::reference
