// Synthetic anomalies, the side that works on whole 8-bit images (spec S7 step 2): what is painted into a normal image.
// Where it is painted and how strongly (steps 1 and 3) is computed by the backends from the same kind of counter-based
// keys, so nothing of it appears here.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "data/image.h"
#include "ops/params.h"

namespace mdd::data {

struct SynthesisOptions {
  std::vector<std::filesystem::path> textures;  ///< sources; empty = training images
  float p_normal = 0.0f;                        ///< probability that nothing is inserted; the mask's business
  bool augment = true;                          ///< distort the source
};

/// Images that can be had by number, each S x S.
struct ImagePool {
  std::size_t count = 0;
  std::function<Image(std::size_t)> image;
};

/// Which draw: equal keys give equal sources (spec S7: for any number of threads, and after a resume).
struct SourceKey {
  std::uint64_t seed = 0;
  std::uint32_t epoch = 0;
  std::uint32_t item = 0;  ///< index of the image in the training list
};

/// What sources are drawn from.
struct SourceChoice {
  std::size_t training = 0, textures = 0;  ///< how many images, together fewer than 2^31
  std::int64_t size = 0;                   ///< S, a multiple of 8
  bool augment = true;
};

/// The recipe of the source for training image key.item: a texture if there are any; else, half each, another training
/// image or the image itself, cut into an 8 x 8 grid and shuffled (always the latter if there is no other). With
/// `augment`, 0 .. 3 distinct distortions follow: gamma 0.5 .. 2; brightness x 0.8 .. 1.2 and +-30; hue and saturation
/// +-50 or a channel permutation; solarise from 32 .. 128; posterise to 1 .. 6 bits; invert; rotate +-45 degrees; roll.
/// Images are numbered: training images as they are, textures after them. All draws come from Purpose::kSource.
[[nodiscard]] SourceRecipe draw_source(const SourceChoice& choice, const SourceKey& key);

/// `image`, S x S, after the recipe: the source.
[[nodiscard]] Image carry_out(const SourceRecipe& recipe, const Image& image);

/// Both: the source for the image `own`, which is number key.item of `training`. What the pools throw passes through.
[[nodiscard]] Image anomaly_source(const Image& own, const ImagePool& textures, const ImagePool& training, bool augment,
                                   const SourceKey& key);

/// `image` cut into 8 x 8 cells, cell order[i] moved to place i (row by row). Both sides are multiples of 8 and `order`
/// is a permutation of 0 .. 63.
[[nodiscard]] Image rearrange_grid(const Image& image, const std::array<std::uint8_t, 64>& order);

}  // namespace mdd::data
