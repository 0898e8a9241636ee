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

constexpr std::int64_t kGrid = SourceRecipe::kGrid;

enum class Family { kGamma, kBrightness, kColour, kSolarise, kPosterise, kInvert, kRotate, kRoll };

/// The first `count` entries become a uniform draw without repetition (Fisher-Yates from the front).
template <typename Values>
void shuffle_front(Values& values, std::size_t count, RandomStream& random) {
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(values[i], values[i + random.below(static_cast<std::uint32_t>(values.size() - i))]);
  }
}

Distortion draw_colour(RandomStream& random) {
  if (random.below(2) == 0) {
    const float hue = random.uniform(-50.0f, 50.0f);
    return hue_and_saturation(hue, random.uniform(-50.0f, 50.0f));
  }
  std::array<std::uint8_t, 3> order = {0, 1, 2};
  shuffle_front(order, 2, random);
  return channel_order(order);
}

Distortion draw_distortion(Family family, std::int64_t size, RandomStream& random) {
  // Two draws of one call never stand in one expression: their order would be the compiler's choice.
  switch (family) {
    case Family::kGamma:
      return gamma_curve(random.uniform(0.5f, 2.0f));
    case Family::kBrightness: {
      const float factor = random.uniform(0.8f, 1.2f);
      return brightness(factor, random.uniform(-30.0f, 30.0f));
    }
    case Family::kColour:
      return draw_colour(random);
    case Family::kSolarise:
      return solarisation(32 + static_cast<int>(random.below(97)));
    case Family::kPosterise:
      return posterisation(1 + static_cast<int>(random.below(6)));
    case Family::kInvert:
      return inversion();
    case Family::kRotate:
      return rotation(random.uniform(-45.0f, 45.0f));
    default: {
      const auto side = static_cast<std::uint32_t>(size);
      const auto down = static_cast<std::int32_t>(random.below(side));
      return roll(down, static_cast<std::int32_t>(random.below(side)));
    }
  }
}

/// Which image, and whether shuffled.
void draw_image(const SourceChoice& choice, std::uint32_t own, RandomStream& random, SourceRecipe& recipe) {
  if (choice.textures > 0) {
    const std::uint32_t drawn = random.below(static_cast<std::uint32_t>(choice.textures));
    recipe.image = static_cast<std::int32_t>(choice.training + drawn);
    return;
  }
  const bool take_other = random.below(2) == 0;
  if (take_other && choice.training > 1) {
    const std::uint32_t drawn = random.below(static_cast<std::uint32_t>(choice.training - 1));
    recipe.image = static_cast<std::int32_t>(drawn < own ? drawn : drawn + 1);  // any but its own
    return;
  }
  recipe.image = static_cast<std::int32_t>(own);
  recipe.shuffled = true;
  std::iota(recipe.cells.begin(), recipe.cells.end(), std::uint8_t{0});
  shuffle_front(recipe.cells, recipe.cells.size(), random);
}

void distort(Image& image, const SourceRecipe& recipe) {
  for (std::int32_t i = 0; i < recipe.count; ++i) distort(image, recipe.distortions[static_cast<std::size_t>(i)]);
}

}  // namespace

SourceRecipe draw_source(const SourceChoice& choice, const SourceKey& key) {
  RandomStream random(key.seed, key.epoch, key.item, Purpose::kSource);
  SourceRecipe recipe;
  draw_image(choice, key.item, random, recipe);
  if (!choice.augment) return recipe;
  std::array<Family, 8> families = {Family::kGamma,     Family::kBrightness, Family::kColour, Family::kSolarise,
                                    Family::kPosterise, Family::kInvert,     Family::kRotate, Family::kRoll};
  const std::size_t count = random.below(SourceRecipe::kMostDistortions + 1);
  shuffle_front(families, count, random);
  recipe.count = static_cast<std::int32_t>(count);
  for (std::size_t i = 0; i < count; ++i) {
    recipe.distortions[i] = draw_distortion(families[i], choice.size, random);
  }
  return recipe;
}

Image carry_out(const SourceRecipe& recipe, const Image& image) {
  Image source = recipe.shuffled ? rearrange_grid(image, recipe.cells) : image;
  distort(source, recipe);
  return source;
}

Image anomaly_source(const Image& own, const ImagePool& textures, const ImagePool& training, bool augment,
                     const SourceKey& key) {
  const SourceRecipe recipe = draw_source({training.count, textures.count, own.height, augment}, key);
  const auto number = static_cast<std::size_t>(recipe.image);
  Image source = textures.count > 0 ? textures.image(number - training.count)
                 : recipe.shuffled  ? rearrange_grid(own, recipe.cells)
                                    : training.image(number);
  require(source.height == own.height && source.width == own.width, "anomaly source: of the image's size");
  distort(source, recipe);
  return source;
}

Image rearrange_grid(const Image& image, const std::array<std::uint8_t, 64>& order) {
  require(image.height % kGrid == 0 && image.width % kGrid == 0, "grid: sides are multiples of 8");
  const std::int64_t cell_h = image.height / kGrid, cell_w = image.width / kGrid;
  Image out{image.height, image.width, std::vector<std::uint8_t>(image.pixels.size())};
  for (std::int64_t place = 0; place < kGrid * kGrid; ++place) {
    const std::int64_t cell = order[static_cast<std::size_t>(place)];
    for (std::int64_t y = 0; y < cell_h; ++y) {
      const std::int64_t from = (cell / kGrid * cell_h + y) * image.width + cell % kGrid * cell_w;
      const std::int64_t to = (place / kGrid * cell_h + y) * image.width + place % kGrid * cell_w;
      std::copy_n(image.pixels.begin() + from * 3, cell_w * 3, out.pixels.begin() + to * 3);
    }
  }
  return out;
}

}  // namespace mdd::data
