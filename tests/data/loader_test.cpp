#include "data/loader.h"

#include <algorithm>
#include <atomic>
#include <doctest/doctest.h>
#include <map>
#include <set>

#include "data/resize.h"
#include "fixtures.h"
#include "support/temporary_folder.h"

namespace mdd::data {
namespace {

using test::TemporaryFolder;

std::vector<TrainingItem> make_items(const TemporaryFolder& folder, std::uint32_t count) {
  std::vector<TrainingItem> items;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::filesystem::path path = folder / (std::to_string(i) + ".png");
    test::save(path, test::random_image(20 + i, 30, i));
    items.push_back({path, static_cast<std::int32_t>(i % 3)});
  }
  return items;
}

LoaderOptions small_options(int workers) {
  LoaderOptions options;
  options.size = 32;
  options.batch_size = 4;
  options.seed = 11;
  options.workers = workers;
  options.prefetch = 3;
  return options;
}

std::vector<Batch> take(Loader& loader, int count) {
  std::vector<Batch> batches;
  for (int i = 0; i < count; ++i) batches.push_back(loader.next());
  return batches;
}

void check_equal(const Batch& a, const Batch& b) {
  CHECK(a.count == b.count);
  CHECK(a.epoch == b.epoch);
  CHECK(a.step == b.step);
  CHECK(a.items == b.items);
  CHECK(a.labels == b.labels);
  CHECK(a.normal == b.normal);
  CHECK(a.source == b.source);
}

TEST_CASE("an epoch visits each item at most once, drops the partial batch, and changes its order") {
  const TemporaryFolder folder;
  const std::vector<TrainingItem> items = make_items(folder, 11);
  Loader loader(items, small_options(2));
  CHECK(loader.steps_per_epoch() == 2);
  loader.start(0);
  std::vector<std::vector<std::uint32_t>> epochs;
  for (std::int64_t step = 0; step < 6; ++step) {
    const Batch batch = loader.next();
    CHECK(batch.step == step);
    CHECK(batch.epoch == step / 2);
    CHECK(batch.count == 4);
    REQUIRE(batch.items.size() == 4);
    REQUIRE(batch.normal.size() == 4 * 32 * 32 * 3);
    CHECK(batch.source.size() == batch.normal.size());
    if (step % 2 == 0) epochs.emplace_back();
    for (std::size_t i = 0; i < 4; ++i) {
      epochs.back().push_back(batch.items[i]);
      CHECK(batch.labels[i] == items[batch.items[i]].label);
      const Image expected = resize_antialiased(load_image(items[batch.items[i]].path), 32, 32);
      CHECK(std::equal(expected.pixels.begin(), expected.pixels.end(),
                       batch.normal.begin() + static_cast<std::ptrdiff_t>(i * expected.pixels.size())));
    }
  }
  for (const auto& epoch : epochs) CHECK(std::set<std::uint32_t>(epoch.begin(), epoch.end()).size() == 8);
  CHECK(epochs[0] != epochs[1]);
  CHECK(epochs[1] != epochs[2]);
}

TEST_CASE("the same batches for 1, 2 and 5 workers, with and without a cache") {
  const TemporaryFolder folder;
  const std::vector<TrainingItem> items = make_items(folder, 9);
  Loader one(items, small_options(1));
  one.start(0);
  const std::vector<Batch> expected = take(one, 7);
  for (const int workers : {2, 5}) {
    for (const std::uint64_t cache_bytes : {std::uint64_t{0}, std::uint64_t{10000}, std::uint64_t{1} << 30}) {
      LoaderOptions options = small_options(workers);
      options.cache_bytes = cache_bytes;
      Loader loader(items, options);
      loader.start(0);
      for (const Batch& batch : expected) check_equal(loader.next(), batch);
    }
  }
}

TEST_CASE("a run resumed at any step sees the same batches") {
  const TemporaryFolder folder;
  const std::vector<TrainingItem> items = make_items(folder, 9);
  Loader whole(items, small_options(2));
  whole.start(0);
  const std::vector<Batch> expected = take(whole, 7);
  Loader resumed(items, small_options(3));
  for (const std::int64_t first : {5, 1, 2, 6}) {  // the same loader may start again
    resumed.start(first);
    for (std::size_t i = static_cast<std::size_t>(first); i < expected.size(); ++i) {
      check_equal(resumed.next(), expected[i]);
    }
  }
}

TEST_CASE("the seed changes order and sources") {
  const TemporaryFolder folder;
  const std::vector<TrainingItem> items = make_items(folder, 9);
  LoaderOptions options = small_options(2);
  Loader a(items, options);
  options.seed = 12;
  Loader b(items, options);
  a.start(0);
  b.start(0);
  const Batch from_a = a.next(), from_b = b.next();
  CHECK(from_a.items != from_b.items);
  CHECK(from_a.source != from_b.source);
}

TEST_CASE("fewer items than a batch make one partial batch an epoch") {
  const TemporaryFolder folder;
  Loader loader(make_items(folder, 3), small_options(2));
  CHECK(loader.steps_per_epoch() == 1);
  loader.start(0);
  for (std::uint32_t epoch = 0; epoch < 3; ++epoch) {
    const Batch batch = loader.next();
    CHECK(batch.count == 3);
    CHECK(batch.epoch == epoch);
    CHECK(std::set<std::uint32_t>(batch.items.begin(), batch.items.end()).size() == 3);
  }
}

TEST_CASE("later epochs do not decode again what the cache holds") {
  const TemporaryFolder folder;
  const std::vector<TrainingItem> items = make_items(folder, 4);
  LoaderOptions options = small_options(2);
  options.prefetch = 1;
  Loader loader(items, options);
  loader.start(0);
  (void)take(loader, 2);
  for (const TrainingItem& item : items) std::filesystem::remove(item.path);
  CHECK_NOTHROW((void)take(loader, 5));

  options.cache_bytes = 0;
  Loader without_cache(items, options);
  without_cache.start(0);
  CHECK_THROWS_AS((void)without_cache.next(), Error);
}

TEST_CASE("textures are the source when there are any") {
  const TemporaryFolder folder;
  const std::vector<TrainingItem> items = make_items(folder, 4);
  LoaderOptions options = small_options(2);
  options.synthesis.augment = false;
  save_png(folder / "texture.png", 3, 3, 1, std::vector<std::uint8_t>(9, 77));
  options.synthesis.textures = {folder / "texture.png"};
  Loader loader(items, options);
  loader.start(0);
  CHECK(loader.next().source == std::vector<std::uint8_t>(4 * 32 * 32 * 3, 77));
}

TEST_CASE("a bad image spoils its own batch only") {
  const TemporaryFolder folder;
  const std::vector<TrainingItem> items = make_items(folder, 12);
  LoaderOptions options = small_options(3);
  save_png(folder / "texture.png", 3, 3, 1, std::vector<std::uint8_t>(9, 77));
  options.synthesis.textures = {folder / "texture.png"};  // so that no other training image is read
  Loader good(items, options);
  good.start(0);
  const std::vector<Batch> expected = take(good, 3);
  const std::filesystem::path bad = items[expected[1].items[2]].path;
  test::write_bytes(bad, "not an image");
  Loader loader(items, options);
  loader.start(0);
  check_equal(loader.next(), expected[0]);
  CHECK(test::contains(test::data_error([&] { (void)loader.next(); }), bad.string()));
  check_equal(loader.next(), expected[2]);
}

/// A backend's memory: keeps the images that arrive, of those that it has places for, and carries recipes out.
class Keeper {
 public:
  Keeper(std::size_t images, std::size_t places) : kept_(images), there_(images), places_(places) {}

  [[nodiscard]] LoaderOptions options(LoaderOptions options) const {
    options.resident = [this](std::size_t image) { return there_[image].load(); };
    return options;
  }
  /// The batch as a host would have prepared it.
  [[nodiscard]] Batch painted(Batch batch) {
    CHECK(batch.normal.empty());
    CHECK(batch.source.empty());
    REQUIRE(batch.recipes.size() == batch.items.size());
    std::map<std::size_t, Image> passing;
    for (const Arrival& arrival : batch.arrivals) {
      const auto image = static_cast<std::size_t>(arrival.image);
      passing[image] = *arrival.pixels;
      if (there_[image] || places_ == 0) continue;
      --places_;
      kept_[image] = *arrival.pixels;
      there_[image] = true;
    }
    const auto get = [&](std::size_t image) { return there_[image] ? kept_[image] : passing.at(image); };
    for (std::size_t i = 0; i < batch.items.size(); ++i) {
      const Image normal = get(batch.items[i]);
      const Image source = carry_out(batch.recipes[i], get(static_cast<std::size_t>(batch.recipes[i].image)));
      batch.normal.insert(batch.normal.end(), normal.pixels.begin(), normal.pixels.end());
      batch.source.insert(batch.source.end(), source.pixels.begin(), source.pixels.end());
    }
    return batch;
  }

 private:
  std::vector<Image> kept_;
  std::vector<std::atomic<bool>> there_;
  std::size_t places_;
};

TEST_CASE("recipes and arrivals make the batches that the host would have made, wherever they begin") {
  const TemporaryFolder folder;
  const std::vector<TrainingItem> items = make_items(folder, 9);
  for (const bool textures : {false, true}) {
    LoaderOptions options = small_options(2);
    if (textures) options.synthesis.textures = {items[3].path, items[7].path};
    Loader host(items, options);
    host.start(0);
    const std::vector<Batch> expected = take(host, 9);
    for (const std::size_t places : {0, 4, 11}) {
      for (const std::size_t first : {0, 5}) {
        Keeper keeper(11, places);
        options.workers = first == 0 ? 1 : 3;
        Loader loader(items, keeper.options(options));
        loader.start(static_cast<std::int64_t>(first));
        for (std::size_t i = first; i < expected.size(); ++i) check_equal(keeper.painted(loader.next()), expected[i]);
      }
    }
  }
}

TEST_CASE("what is resident is neither delivered nor decoded again") {
  const TemporaryFolder folder;
  const std::vector<TrainingItem> items = make_items(folder, 4);
  LoaderOptions options = small_options(2);
  options.prefetch = 1;
  options.cache_bytes = 0;
  Keeper keeper(4, 4);
  Loader loader(items, keeper.options(options));
  loader.start(0);
  for (int i = 0; i < 3; ++i) (void)keeper.painted(loader.next());
  for (const TrainingItem& item : items) std::filesystem::remove(item.path);
  for (int i = 0; i < 5; ++i) {
    const Batch batch = loader.next();
    CHECK(batch.arrivals.empty());
    (void)keeper.painted(batch);
  }
}

TEST_CASE("a bad image among recipes spoils its own batch only") {
  const TemporaryFolder folder;
  const std::vector<TrainingItem> items = make_items(folder, 12);
  LoaderOptions options = small_options(3);
  options.synthesis.textures = {items[0].path};
  Loader good(items, options);
  good.start(0);
  const std::vector<Batch> expected = take(good, 3);
  const std::size_t spoilt = expected[1].items[2] == 0 ? 3 : 2;  // not the texture
  const std::filesystem::path bad = items[expected[1].items[spoilt]].path;
  test::write_bytes(bad, "not an image");
  Keeper keeper(13, 13);
  Loader loader(items, keeper.options(options));
  loader.start(0);
  check_equal(keeper.painted(loader.next()), expected[0]);
  CHECK(test::contains(test::data_error([&] { (void)loader.next(); }), bad.string()));
  check_equal(keeper.painted(loader.next()), expected[2]);
}

TEST_CASE("a loader may be dropped at any moment") {
  const TemporaryFolder folder;
  const std::vector<TrainingItem> items = make_items(folder, 6);
  for (int taken = 0; taken < 4; ++taken) {
    Loader loader(items, small_options(4));
    if (taken > 0) loader.start(0);
    for (int i = 1; i < taken; ++i) (void)loader.next();
  }
  Loader never_started(items, small_options(1));
  CHECK_THROWS_AS((void)never_started.next(), Error);
}

TEST_CASE("impossible options are refused") {
  const TemporaryFolder folder;
  const std::vector<TrainingItem> items = make_items(folder, 1);
  LoaderOptions options = small_options(1);
  CHECK_THROWS_AS(Loader({}, options), Error);
  options.size = 33;
  CHECK_THROWS_AS(Loader(items, options), Error);
  options = small_options(0);
  CHECK_THROWS_AS(Loader(items, options), Error);
  options = small_options(1);
  options.batch_size = 0;
  CHECK_THROWS_AS(Loader(items, options), Error);
}

TEST_CASE("training items follow the indices") {
  Dataset dataset;
  dataset.train = {{"a.png", 0, 0, "good", {}}, {"b.png", 1, 0, "good", {}}, {"c.png", 2, 0, "good", {}}};
  const std::vector<TrainingItem> items = training_items(dataset, {2, 0});
  REQUIRE(items.size() == 2);
  CHECK(items[0].path == "c.png");
  CHECK(items[0].label == 2);
  CHECK(items[1].path == "a.png");
  CHECK_THROWS_AS((void)training_items(dataset, {3}), Error);
}

}  // namespace
}  // namespace mdd::data
