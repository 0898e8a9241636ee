// Antialiased resizing (spec S2), bit for bit what Pillow's Image.resize(size, BILINEAR) gives for 8-bit images, so
// that features and metrics can be compared with implementations that use Pillow.
#pragma once
#include <cstdint>

#include "data/image.h"

namespace mdd::data {

/// `image` at size_h x size_w (1 .. 65535 each). A triangle filter whose support grows with the downscale factor, first
/// along rows, then along columns; 8-bit values in between, weights in fixed point with 22 fractional bits.
[[nodiscard]] Image resize_antialiased(const Image& image, std::int64_t size_h, std::int64_t size_w);

/// The mask as 0 and 255, resized like an image, defect where the result is above one half. A mask need not have its
/// image's size: both are brought to the same sides on their own.
[[nodiscard]] Mask resize_mask(const Mask& mask, std::int64_t size_h, std::int64_t size_w);

}  // namespace mdd::data
