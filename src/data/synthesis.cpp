#include "data/synthesis.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/rng.h"
#include "data/augment.h"

namespace mdd::data {
namespace {

constexpr std::int64_t kGrid = 8;  // cells a side
constexpr std::size_t kMaxDistortions = 3;

enum class Distortion { kGamma, kBrightness, kColour, kSolarise, kPosterise, kInvert, kRotate, kRoll };

/// The first `count` entries become a uniform draw without repetition (Fisher-Yates from the front).
template <typename Values>
void shuffle_front(Values& values, std::size_t count, RandomStream& random) {
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(values[i], values[i + random.below(static_cast<std::uint32_t>(values.size() - i))]);
  }
}

void distort_colour(Image& image, RandomStream& random) {
  if (random.below(2) == 0) {
    const float hue = random.uniform(-50.0f, 50.0f);
    const float saturation = random.uniform(-50.0f, 50.0f);
    adjust_hue_saturation(image, hue, saturation);
    return;
  }
  std::array<std::size_t, 3> order = {0, 1, 2};
  shuffle_front(order, 2, random);
  permute_channels(image, order);
}

void distort(Image& image, Distortion kind, RandomStream& random) {
  // Two draws of one call never stand in one expression: their order would be the compiler's choice.
  switch (kind) {
    case Distortion::kGamma:
      return adjust_gamma(image, random.uniform(0.5f, 2.0f));
    case Distortion::kBrightness: {
      const float factor = random.uniform(0.8f, 1.2f);
      return adjust_brightness(image, factor, random.uniform(-30.0f, 30.0f));
    }
    case Distortion::kColour:
      return distort_colour(image, random);
    case Distortion::kSolarise:
      return solarise(image, 32 + static_cast<int>(random.below(97)));
    case Distortion::kPosterise:
      return posterise(image, 1 + static_cast<int>(random.below(6)));
    case Distortion::kInvert:
      return invert(image);
    case Distortion::kRotate:
      image = rotate(image, random.uniform(-45.0f, 45.0f));
      return;
    case Distortion::kRoll: {
      const std::int64_t down = random.below(static_cast<std::uint32_t>(image.height));
      image = roll(image, down, random.below(static_cast<std::uint32_t>(image.width)));
      return;
    }
  }
}

Image choose_source(const Image& own, const ImagePool& textures, const ImagePool& training, std::size_t own_index,
                    RandomStream& random) {
  if (textures.count > 0) return textures.image(random.below(static_cast<std::uint32_t>(textures.count)));
  const bool take_other = random.below(2) == 0;
  if (take_other && training.count > 1) {
    const std::size_t drawn = random.below(static_cast<std::uint32_t>(training.count - 1));
    return training.image(drawn < own_index ? drawn : drawn + 1);  // any but its own
  }
  std::vector<std::size_t> order(kGrid * kGrid);
  std::iota(order.begin(), order.end(), std::size_t{0});
  shuffle_front(order, order.size(), random);
  return rearrange_grid(own, order);
}

}  // namespace

Image anomaly_source(const Image& own, const ImagePool& textures, const ImagePool& training, bool augment,
                     const SourceKey& key) {
  RandomStream random(key.seed, key.epoch, key.item, Purpose::kSource);
  Image source = choose_source(own, textures, training, key.item, random);
  require(source.height == own.height && source.width == own.width, "anomaly source: of the image's size");
  if (!augment) return source;
  std::array<Distortion, 8> kinds = {Distortion::kGamma,    Distortion::kBrightness, Distortion::kColour,
                                     Distortion::kSolarise, Distortion::kPosterise,  Distortion::kInvert,
                                     Distortion::kRotate,   Distortion::kRoll};
  const std::size_t count = random.below(kMaxDistortions + 1);
  shuffle_front(kinds, count, random);
  for (std::size_t i = 0; i < count; ++i) distort(source, kinds[i], random);
  return source;
}

Image rearrange_grid(const Image& image, const std::vector<std::size_t>& order) {
  require(image.height % kGrid == 0 && image.width % kGrid == 0, "grid: sides are multiples of 8");
  require(order.size() == kGrid * kGrid, "grid: an order of 64 cells");
  const std::int64_t cell_h = image.height / kGrid, cell_w = image.width / kGrid;
  Image out{image.height, image.width, std::vector<std::uint8_t>(image.pixels.size())};
  for (std::int64_t place = 0; place < kGrid * kGrid; ++place) {
    const auto cell = static_cast<std::int64_t>(order[static_cast<std::size_t>(place)]);
    for (std::int64_t y = 0; y < cell_h; ++y) {
      const std::int64_t from = (cell / kGrid * cell_h + y) * image.width + cell % kGrid * cell_w;
      const std::int64_t to = (place / kGrid * cell_h + y) * image.width + place % kGrid * cell_w;
      std::copy_n(image.pixels.begin() + from * 3, cell_w * 3, out.pixels.begin() + to * 3);
    }
  }
  return out;
}

}  // namespace mdd::data
