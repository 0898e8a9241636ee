#include <stb_image.h>

#include "data/image.h"
#include "data/image_format.h"
#include "fuzz/oracle.h"

namespace mdd::fuzz {
namespace {

constexpr int kMostPixels = 1 << 20;

/// Images up to 100 megapixels are read by design, however few bytes promise them, and take seconds under a sanitizer.
bool too_slow_to_be_of_use(Bytes input) {
  // The decoder must not see, here either, what our own checks refuse.
  if (data::check_structure(data::detect_format(input, "image.tga"), input) != data::Integrity::kWhole) return false;
  int width = 0, height = 0, channels = 0;
  const bool known =
      stbi_info_from_memory(input.data(), static_cast<int>(input.size()), &width, &height, &channels) != 0;
  return known && static_cast<std::int64_t>(width) * height > kMostPixels && width <= data::kMaxSide &&
         height <= data::kMaxSide;
}

}  // namespace

void image(Bytes input) {
  if (too_slow_to_be_of_use(input)) return;
  // TGA has no signature and is known by its extension; the signature of the others goes first.
  const std::filesystem::path path = put("image.tga", input);
  const bool as_image = accepted([&] {
    const data::Image out = data::load_image(path);
    if (out.pixels.size() != static_cast<std::size_t>(3 * out.height * out.width)) give_up("an image of another size");
    // Nothing that memory held before may show.
    if (data::load_image(path).pixels != out.pixels) give_up("an image that is another one the second time");
  });
  const bool as_mask = accepted([&] {
    const data::Mask out = data::load_mask(path);
    if (out.pixels.size() != static_cast<std::size_t>(out.height * out.width)) give_up("a mask of another size");
  });
  if (as_image != as_mask) give_up("an image that is no mask, or the other way round");
}

}  // namespace mdd::fuzz
