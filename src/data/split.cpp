#include "data/split.h"

#include <algorithm>
#include <utility>

#include "core/rng.h"

namespace mdd::data {

std::size_t hold_out_count(std::size_t images) noexcept {
  return images < 20 ? 0 : std::max<std::size_t>(5, images / 10);
}

Split split_training(const Dataset& dataset, std::uint64_t seed) {
  std::vector<std::vector<std::size_t>> images_of_class(dataset.class_names.size());
  for (std::size_t i = 0; i < dataset.train.size(); ++i) {
    images_of_class[static_cast<std::size_t>(dataset.train[i].class_index)].push_back(i);
  }
  Split split;
  for (std::size_t c = 0; c < images_of_class.size(); ++c) {
    std::vector<std::size_t>& images = images_of_class[c];
    RandomStream random(seed, 0, static_cast<std::uint32_t>(c), Purpose::kHoldOut);
    const std::size_t held = hold_out_count(images.size());
    for (std::size_t i = 0; i < held; ++i) {  // the first steps of a Fisher-Yates shuffle
      std::swap(images[i], images[i + random.below(static_cast<std::uint32_t>(images.size() - i))]);
    }
    const auto middle = images.begin() + static_cast<std::ptrdiff_t>(held);
    split.hold_out.insert(split.hold_out.end(), images.begin(), middle);
    split.train.insert(split.train.end(), middle, images.end());
  }
  std::sort(split.hold_out.begin(), split.hold_out.end());
  std::sort(split.train.begin(), split.train.end());
  return split;
}

}  // namespace mdd::data
