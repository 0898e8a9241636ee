#include "data/loader.h"

#include <algorithm>
#include <exception>
#include <limits>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/rng.h"

namespace mdd::data {
namespace {

std::vector<std::filesystem::path> paths_of(const std::vector<TrainingItem>& items) {
  std::vector<std::filesystem::path> paths;
  paths.reserve(items.size());
  for (const TrainingItem& item : items) paths.push_back(item.path);
  return paths;
}

std::int64_t checked_batch_count(const std::vector<TrainingItem>& items, const LoaderOptions& options) {
  require(!items.empty() && items.size() + options.synthesis.textures.size() < (std::size_t{1} << 31),
          "loader: between 1 and 2^31 images");
  require(options.size >= 8 && options.size % 8 == 0, "loader: an image size that is a multiple of 8");
  require(options.batch_size >= 1 && options.workers >= 1 && options.prefetch >= 1, "loader: positive options");
  return std::min(options.batch_size, static_cast<std::int64_t>(items.size()));
}

/// The cache of the textures gets what the training images leave.
std::uint64_t bytes_left(const std::vector<TrainingItem>& items, const LoaderOptions& options) {
  const std::uint64_t used =
      static_cast<std::uint64_t>(items.size()) * static_cast<std::uint64_t>(options.size * options.size * 3);
  return used < options.cache_bytes ? options.cache_bytes - used : 0;
}

void append(std::vector<std::uint8_t>& to, const std::vector<std::uint8_t>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

std::vector<TrainingItem> training_items(const Dataset& dataset, const std::vector<std::size_t>& indices) {
  std::vector<TrainingItem> items;
  items.reserve(indices.size());
  for (const std::size_t index : indices) {
    require(index < dataset.train.size(), "training items: indices into the training samples");
    items.push_back({dataset.train[index].path, dataset.train[index].class_index});
  }
  return items;
}

Loader::Loader(std::vector<TrainingItem> items, LoaderOptions options)
    : items_(std::move(items)),
      options_(std::move(options)),
      batch_count_(checked_batch_count(items_, options_)),
      steps_per_epoch_(static_cast<std::int64_t>(items_.size()) / batch_count_),
      images_(paths_of(items_), options_.size, options_.cache_bytes),
      textures_(options_.synthesis.textures, options_.size, bytes_left(items_, options_)) {}

void Loader::start(std::int64_t first_global_step) {
  require(first_global_step >= 0, "loader: a step of at least 0");
  workers_.reset();
  step_ = first_global_step;
  workers_ = std::make_unique<OrderedWorkers<Example>>(
      [this](std::int64_t position) { return prepare(position); }, first_global_step * batch_count_,
      std::numeric_limits<std::int64_t>::max(), options_.workers, options_.prefetch * batch_count_);
}

Batch Loader::next() {
  require(workers_ != nullptr, "loader: start before next");
  Batch batch;
  batch.count = batch_count_;
  batch.step = step_++;
  batch.epoch = static_cast<std::uint32_t>(batch.step / steps_per_epoch_);
  if (!options_.resident) {
    const auto bytes = static_cast<std::size_t>(batch_count_ * options_.size * options_.size * 3);
    batch.normal.reserve(bytes);
    batch.source.reserve(bytes);
  }
  std::exception_ptr error;
  for (std::int64_t i = 0; i < batch_count_; ++i) {
    try {
      const std::optional<Example> example = workers_->next();
      if (options_.resident) {
        batch.recipes.push_back(example->recipe);
        batch.arrivals.insert(batch.arrivals.end(), example->arrivals.begin(), example->arrivals.end());
      } else {
        append(batch.normal, example->normal->pixels);
        append(batch.source, example->source.pixels);
      }
      batch.items.push_back(example->item);
      batch.labels.push_back(items_[example->item].label);
    } catch (...) {
      if (!error) error = std::current_exception();  // the other images of this batch still have to be taken
    }
  }
  if (error) std::rethrow_exception(error);
  return batch;
}

/// `position` counts images over all steps.
Loader::Example Loader::prepare(std::int64_t position) {
  const std::int64_t step = position / batch_count_;
  const auto epoch = static_cast<std::uint32_t>(step / steps_per_epoch_);
  const std::int64_t place = step % steps_per_epoch_ * batch_count_ + position % batch_count_;
  Example example;
  example.item = (*order_of(epoch))[static_cast<std::size_t>(place)];
  const SourceKey key{options_.seed, epoch, example.item};
  if (options_.resident) {
    describe(example, key);
  } else {
    paint(example, key);
  }
  return example;
}

/// The source's pixels.
void Loader::paint(Example& example, const SourceKey& key) {
  example.normal = images_.get(example.item);
  const ImagePool textures{textures_.count(), [this](std::size_t index) { return *textures_.get(index); }};
  const ImagePool training{images_.count(), [this](std::size_t index) { return *images_.get(index); }};
  example.source = anomaly_source(*example.normal, textures, training, options_.synthesis.augment, key);
}

/// The source's recipe, and the images that it takes.
void Loader::describe(Example& example, const SourceKey& key) {
  const SourceChoice choice{images_.count(), textures_.count(), options_.size, options_.synthesis.augment};
  fetch(example.item, example.arrivals);
  example.recipe = draw_source(choice, key);
  const auto source = static_cast<std::size_t>(example.recipe.image);
  if (source != example.item) fetch(source, example.arrivals);
}

void Loader::fetch(std::size_t image, std::vector<Arrival>& arrivals) {
  const bool texture = image >= images_.count();
  ImageCache& cache = texture ? textures_ : images_;
  const std::size_t index = texture ? image - images_.count() : image;
  if (options_.resident(image)) {
    cache.forget(index);
  } else {
    arrivals.push_back({static_cast<std::int32_t>(image), cache.get(index)});
  }
}

/// Workers rarely stand in different epochs, so the last order is all that is worth keeping.
std::shared_ptr<const Loader::Order> Loader::order_of(std::uint32_t epoch) {
  const std::lock_guard lock(order_mutex_);
  if (order_ == nullptr || order_epoch_ != epoch) {
    auto order = std::make_shared<Order>(items_.size());
    std::iota(order->begin(), order->end(), std::uint32_t{0});
    RandomStream random(options_.seed, epoch, 0, Purpose::kShuffle);
    for (std::size_t left = order->size(); left > 1; --left) {  // Fisher-Yates from the back
      std::swap((*order)[left - 1], (*order)[random.below(static_cast<std::uint32_t>(left))]);
    }
    order_ = std::move(order);
    order_epoch_ = epoch;
  }
  return order_;
}

}  // namespace mdd::data
