// From the caller's pixels to the images that the model knows.
#pragma once
#include "api/mddnet.h"
#include "data/image.h"

namespace mdd::api {

/// A dense RGB copy. Throws Error(kUsage): no pixels, extents out of range, rows that overlap, an unknown format.
[[nodiscard]] data::Image rgb_copy(const mddnet_image& image);

}  // namespace mdd::api
