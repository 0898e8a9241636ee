#include "core/shape.h"

#include <algorithm>

#include "core/error.h"

namespace mdd {

Shape::Shape(std::span<const std::int64_t> extents) {
  if (extents.size() > kMaxRank) {
    fail(ErrorKind::kData, "a tensor has at most 5 dimensions, found " + std::to_string(extents.size()));
  }
  rank_ = static_cast<int>(extents.size());
  std::copy(extents.begin(), extents.end(), extents_.begin());
  for (const std::int64_t extent : extents) {
    if (extent < 0) fail(ErrorKind::kData, "negative extent in shape " + text());
    if (__builtin_mul_overflow(elements_, extent, &elements_)) {
      fail(ErrorKind::kData, "shape " + text() + " overflows the number of elements");
    }
  }
}

std::string Shape::text() const {
  std::string out = "[";
  for (int i = 0; i < rank_; ++i) {
    if (i > 0) out += ", ";
    out += std::to_string((*this)[i]);
  }
  return out + "]";
}

}  // namespace mdd
