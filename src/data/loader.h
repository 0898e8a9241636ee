// Training batches, prepared by worker threads ahead of the step that uses them. What a batch holds is a pure function
// of the seed and the global step: not of the number of workers, not of where a run was resumed (spec S7, S9).
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "data/dataset.h"
#include "data/image_cache.h"
#include "data/ordered_workers.h"
#include "data/synthesis.h"

namespace mdd::data {

struct TrainingItem {
  std::filesystem::path path;
  std::int32_t label = 0;  ///< class index
};

/// The samples dataset.train[indices[i]] as training items, in the order of `indices`.
[[nodiscard]] std::vector<TrainingItem> training_items(const Dataset& dataset, const std::vector<std::size_t>& indices);

struct LoaderOptions {
  std::int64_t size = 256;  ///< S, a multiple of 8
  std::int64_t batch_size = 16;
  std::uint64_t seed = 0;
  SynthesisOptions synthesis;
  int workers = 2;
  std::int64_t prefetch = 4;                           ///< batches prepared ahead of the one in use
  std::uint64_t cache_bytes = std::uint64_t{2} << 30;  ///< for decoded and resized images
  /// Where given, images stay in a backend's memory and sources are made there: batches carry recipes, and pixels only
  /// of images for which this says no. It is called by all workers; its answer may turn to yes at any time, never back.
  /// Images are numbered: training items as they are, textures after them.
  std::function<bool(std::size_t image)> resident{};
};

/// An image that was not resident when its batch was prepared.
struct Arrival {
  std::int32_t image = 0;
  std::shared_ptr<const Image> pixels;
};

struct Batch {
  std::int64_t count = 0;            ///< N
  std::vector<std::uint8_t> normal;  ///< N x S x S x 3, x_n
  std::vector<std::uint8_t> source;  ///< N x S x S x 3, what synthesis paints into it
  /// With LoaderOptions::resident, in place of pixels: how the N sources are made, and what may be missing for them and
  /// for the normal images, more than once perhaps.
  std::vector<SourceRecipe> recipes;
  std::vector<Arrival> arrivals;
  std::vector<std::uint32_t> items;  ///< N positions in the training list: the item of the backends' random streams
  std::vector<std::int32_t> labels;  ///< N class indices
  std::uint32_t epoch = 0;
  std::int64_t step = 0;  ///< global, 0 is the first step of epoch 0
};

/// Delivers batches from any global step on. Every epoch visits the items in a new order (Purpose::kShuffle); a last
/// partial batch is dropped unless it is the only one.
class Loader {
 public:
  /// `items` is not empty; with the textures there are fewer than 2^31 images; options are positive.
  Loader(std::vector<TrainingItem> items, LoaderOptions options);
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  [[nodiscard]] std::int64_t steps_per_epoch() const noexcept { return steps_per_epoch_; }

  /// Begins to prepare the batches from this step on, whatever was prepared before. Call it before the first next().
  void start(std::int64_t first_global_step);

  /// The next batch, as soon as it is ready. If one of its images cannot be read, throws that image's error (the first
  /// in batch order); the call after that goes on with the step after it.
  [[nodiscard]] Batch next();

 private:
  struct Example {
    std::uint32_t item = 0;
    std::shared_ptr<const Image> normal;
    Image source;
    SourceRecipe recipe;
    std::vector<Arrival> arrivals;
  };
  using Order = std::vector<std::uint32_t>;

  [[nodiscard]] Example prepare(std::int64_t position);
  void paint(Example& example, const SourceKey& key);
  void describe(Example& example, const SourceKey& key);
  void fetch(std::size_t image, std::vector<Arrival>& arrivals);
  [[nodiscard]] std::shared_ptr<const Order> order_of(std::uint32_t epoch);

  const std::vector<TrainingItem> items_;
  const LoaderOptions options_;
  const std::int64_t batch_count_;  ///< images in a batch
  const std::int64_t steps_per_epoch_;
  ImageCache images_, textures_;
  std::mutex order_mutex_;
  std::uint32_t order_epoch_ = 0;  ///< of order_, which is null before the first use
  std::shared_ptr<const Order> order_;
  std::int64_t step_ = 0;
  std::unique_ptr<OrderedWorkers<Example>> workers_;  ///< last, so that it ends before what it uses
};

}  // namespace mdd::data
