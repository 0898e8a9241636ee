#include "train/resident_images.h"

#include <algorithm>
#include <map>

namespace mdd {
namespace {

constexpr std::uint64_t kDefaultBytes = std::uint64_t{2} << 30;

}  // namespace

std::optional<std::uint64_t> resident_bytes(const Backend& backend, std::optional<std::uint64_t> wanted) {
  if (wanted || !backend.has_own_memory()) return wanted;
  return kDefaultBytes;
}

ResidentImages::ResidentImages(Backend& backend, std::int64_t images, std::int64_t side, std::int64_t batch,
                               std::uint64_t byte_limit)
    : backend_(&backend), places_(static_cast<std::size_t>(images)) {
  const std::uint64_t fit = byte_limit / static_cast<std::uint64_t>(side * side * 3);
  lasting_ = static_cast<std::int32_t>(std::min(fit, static_cast<std::uint64_t>(images)));
  const std::int64_t passing = lasting_ < images ? std::min(2 * batch, images - lasting_) : 0;
  pool_ = {nullptr, DType::kU8, {lasting_ + passing, side, side, 3}};
  buffer_ = Buffer(backend, pool_.bytes());
  pool_.data = buffer_.data();
  for (std::atomic<std::int32_t>& place : places_) place.store(kNowhere, std::memory_order_relaxed);
}

void ResidentImages::make(const data::Batch& batch, const Tensor& images) {
  std::map<std::int32_t, std::int32_t> passing;  // image -> place, in this batch
  for (const data::Arrival& arrival : batch.arrivals) {
    if (holds(static_cast<std::size_t>(arrival.image)) || passing.contains(arrival.image)) continue;
    const bool stays = given_ < lasting_;
    const std::int32_t place = stays ? given_++ : lasting_ + static_cast<std::int32_t>(passing.size());
    upload(*arrival.pixels, place);
    if (stays) {
      places_[static_cast<std::size_t>(arrival.image)].store(place, std::memory_order_relaxed);
    } else {
      passing.emplace(arrival.image, place);
    }
  }
  std::vector<SourceRecipe> recipes(batch.items.size());  // of nothing: the normal images as they are
  for (std::size_t i = 0; i < recipes.size(); ++i) recipes[i].image = static_cast<std::int32_t>(batch.items[i]);
  recipes.insert(recipes.end(), batch.recipes.begin(), batch.recipes.end());
  for (SourceRecipe& recipe : recipes) {
    const auto passed = passing.find(recipe.image);
    recipe.image = passed != passing.end() ? passed->second : place_of(static_cast<std::size_t>(recipe.image));
  }
  backend_->anomaly_sources(pool_, recipes, images);
}

void ResidentImages::upload(const data::Image& image, std::int32_t place) {
  backend_->copy_from_host(pool_.rows(place, 1), std::as_bytes(std::span(image.pixels)));
}

}  // namespace mdd
