// Class-aware memory (spec S4) and the class loss (spec S6).
#pragma once
#include <vector>

#include "ops/params.h"
#include "reference/array.h"

namespace mdd::reference {

/// Everything that a read computes; positions = N h w, prototypes = classes * slots.
struct MemoryRead {
  Array query_inverse_norm;   ///< [positions]
  Array memory_inverse_norm;  ///< [prototypes]
  Array softmax, attention;   ///< [positions, prototypes]
  Array read;                 ///< [N,h,w,D]
  Array mass;                 ///< [N, classes]
};

/// z [N,h,w,D], prototypes [classes * slots, D].
[[nodiscard]] MemoryRead memory_read(const MemoryParams& params, const Array& z, const Array& prototypes);

/// -mean_n log(mass[n, labels[n]] + 1e-8).
[[nodiscard]] double class_loss(const Array& mass, const std::vector<Index>& labels);

}  // namespace mdd::reference
