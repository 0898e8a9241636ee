// Small operations on features [N,H,W,C].
#pragma once
#include <vector>

#include "ops/params.h"
#include "reference/array.h"

namespace mdd::reference {

/// Maximum over each window; positions outside count as -infinity.
[[nodiscard]] Array max_pool(const PoolParams& params, const Array& x);
/// Gradient of dot(dy, max_pool(x)) with respect to x: a window's goes to its first maximum in row-major order.
[[nodiscard]] Array max_pool_gradient(const PoolParams& params, const Array& x, const Array& dy);
/// The parts side by side along the last axis.
[[nodiscard]] Array concatenate_channels(const std::vector<Array>& parts);
/// Channels [first, first + count).
[[nodiscard]] Array slice_channels(const Array& x, Index first, Index count);
[[nodiscard]] Array add(const Array& a, const Array& b);

}  // namespace mdd::reference
