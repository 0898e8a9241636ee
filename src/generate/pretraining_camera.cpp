#include "generate/pretraining_camera.h"

#include <utility>

namespace mdd::generate::pretraining {
namespace {

/// Each pixel with a share of its two neighbours along the rows or the columns.
void soften(Canvas& canvas, float share, bool along_rows) {
  const Canvas before = canvas;
  const int last = canvas.side - 1;
  for (int y = 0; y <= last; ++y) {
    for (int x = 0; x <= last; ++x) {
      const std::size_t lower = along_rows ? canvas.index(std::max(x - 1, 0), y) : canvas.index(x, std::max(y - 1, 0));
      const std::size_t upper =
          along_rows ? canvas.index(std::min(x + 1, last), y) : canvas.index(x, std::min(y + 1, last));
      canvas.colours[canvas.index(x, y)] = (1.0f - 2.0f * share) * before.colours[canvas.index(x, y)] +
                                           share * (before.colours[lower] + before.colours[upper]);
    }
  }
}

/// The sum of four bytes is close to a normal variable of mean 510 and deviation 147.8.
float normal_from(std::uint64_t bits) {
  const std::uint64_t pairs = (bits & 0x00ff00ffu) + (bits >> 8 & 0x00ff00ffu);
  return (static_cast<float>((pairs & 0xffffu) + (pairs >> 16 & 0xffffu)) - 510.0f) * (1.0f / 147.8f);
}

std::uint8_t level(float value) { return static_cast<std::uint8_t>(255.0f * saturate(value) + 0.5f); }

}  // namespace

data::Image photograph(Canvas& canvas, float strength, QuickDice& dice) {
  if (dice.chance(0.3f * strength)) {
    const float share = dice.uniform(0.05f, 0.3f);
    soften(canvas, share, true);
    soften(canvas, share, false);
  }
  const float side = static_cast<float>(canvas.side);
  const float exposure = 1.0f + strength * dice.uniform(-0.3f, 0.25f);
  const float red = 1.0f + strength * dice.uniform(-0.12f, 0.12f);
  const float blue = 1.0f + strength * dice.uniform(-0.12f, 0.12f);
  const Vec slope = (strength * dice.uniform(0.0f, 0.5f) / side) * random_heading(dice);
  const float vignette = strength * dice.uniform(0.0f, 0.7f);
  const float deviation = strength * (dice.chance(0.5f) ? dice.uniform(0.002f, 0.012f) : dice.uniform(0.01f, 0.05f));
  const float common = dice.uniform(0.0f, 1.0f);  // share of the noise that is the same in all channels
  data::Image image{canvas.side, canvas.side, {}};
  image.pixels.resize(canvas.colours.size() * 3);
  for (int y = 0; y < canvas.side; ++y) {
    for (int x = 0; x < canvas.side; ++x) {
      const Vec p{static_cast<float>(x) - 0.5f * side, static_cast<float>(y) - 0.5f * side};
      const float light = exposure * (1.0f + dot(slope, p) - vignette * dot(p, p) / (side * side));
      const std::uint64_t first = dice.bits(), second = dice.bits();
      const float grey_noise = common * deviation * normal_from(first);
      const float own = (1.0f - 0.7f * common) * deviation;
      const Rgb colour = light * canvas.colours[canvas.index(x, y)];
      std::uint8_t* const pixel = image.pixels.data() + 3 * canvas.index(x, y);
      pixel[0] = level(red * colour.r + grey_noise + own * normal_from(first >> 32));
      pixel[1] = level(colour.g + grey_noise + own * normal_from(second));
      pixel[2] = level(blue * colour.b + grey_noise + own * normal_from(second >> 32));
    }
  }
  return image;
}

void turn_at_random(Canvas& canvas, QuickDice& dice) {
  const int way = dice.below(8);
  const Canvas before = canvas;
  const int last = canvas.side - 1;
  for (int y = 0; y <= last; ++y) {
    for (int x = 0; x <= last; ++x) {
      int from_x = (way & 1) != 0 ? last - x : x, from_y = (way & 2) != 0 ? last - y : y;
      if ((way & 4) != 0) std::swap(from_x, from_y);
      canvas.colours[canvas.index(x, y)] = before.colours[before.index(from_x, from_y)];
      canvas.labels[canvas.index(x, y)] = before.labels[before.index(from_x, from_y)];
    }
  }
}

}  // namespace mdd::generate::pretraining
