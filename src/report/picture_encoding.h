// Pictures as data: addresses, so that a page carries them itself.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "data/image.h"

namespace mdd::report {

/// RFC 4648, with padding.
[[nodiscard]] std::string base64(std::string_view bytes);

/// "data:image/jpeg;base64,..." of a photograph; quality 1 .. 100. Above 90, colours keep their full resolution, which
/// thin lines need. Throws Error(kRuntime) if the extents are wrong.
[[nodiscard]] std::string jpeg_address(const data::Image& image, int quality);

/// "data:image/png;base64,..." of a mask: non-zero is white, zero black.
[[nodiscard]] std::string mask_address(std::span<const std::uint8_t> mask, std::int64_t height, std::int64_t width);

}  // namespace mdd::report
