// The segments of a JPEG, walked without decoding it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "data/image_format.h"

namespace mdd::data {

/// Where a JPEG goes on behind its first marker, SOI; 0 if the bytes are none. Like the decoder, which looks for a JPEG
/// whatever the extension says, it takes a marker with any number of fill bytes ahead of it.
[[nodiscard]] std::size_t behind_start_of_image(std::span<const std::uint8_t> bytes) noexcept;

/// kWhole up to the EOI marker. kDamaged: segments of impossible length, a Huffman table of more than 256 codes, or a
/// scan that uses a Huffman or quantisation table which the file does not define (the decoder would use whatever its
/// memory holds). Source of the layout: ITU-T T.81, annex B.
[[nodiscard]] Integrity jpeg_structure(std::span<const std::uint8_t> bytes) noexcept;

}  // namespace mdd::data
