// Images in a backend's memory against the same images on the host, for any backend.
#pragma once
#include <doctest/doctest.h>

#include "core/rng.h"
#include "data/image.h"
#include "data/loader.h"
#include "support/temporary_folder.h"
#include "train/batch_preparer.h"

namespace mdd::test {

inline data::Image noise_image(std::int64_t side, std::uint32_t number) {
  RandomStream random(5, 0, number, Purpose::kTest);
  data::Image image{side, side, std::vector<std::uint8_t>(static_cast<std::size_t>(side * side * 3))};
  for (std::uint8_t& value : image.pixels) value = static_cast<std::uint8_t>(random.below(256));
  return image;
}

inline std::vector<std::uint8_t> bytes_of(Backend& backend, const Tensor& tensor) {
  std::vector<std::uint8_t> out(tensor.bytes());
  backend.copy_to_host(std::as_writable_bytes(std::span(out)), tensor);
  return out;
}

/// Recipes as training draws them, carried out on the backend and on the host: the same bytes.
inline void check_drawn_recipes(Backend& backend, std::uint32_t count) {
  constexpr std::int64_t kSide = 24, kImages = 3;
  const data::SourceChoice choice{kImages, 0, kSide, true};
  std::vector<data::Image> images;
  std::vector<std::uint8_t> pool, expected;
  for (std::uint32_t i = 0; i < kImages; ++i) {
    images.push_back(noise_image(kSide, i));
    pool.insert(pool.end(), images.back().pixels.begin(), images.back().pixels.end());
  }
  std::vector<SourceRecipe> recipes;
  for (std::uint32_t seed = 0; seed < count; ++seed) {
    recipes.push_back(data::draw_source(choice, {seed, seed % 7, seed % 3}));
    const data::Image source = data::carry_out(recipes.back(), images[static_cast<std::size_t>(recipes.back().image)]);
    expected.insert(expected.end(), source.pixels.begin(), source.pixels.end());
  }
  const Buffer pool_memory(backend, pool.size()), memory(backend, expected.size());
  const Tensor resident{pool_memory.data(), DType::kU8, {kImages, kSide, kSide, 3}};
  const Tensor made{memory.data(), DType::kU8, {static_cast<std::int64_t>(count), kSide, kSide, 3}};
  backend.copy_from_host(resident, std::as_bytes(std::span(pool)));
  backend.anomaly_sources(resident, recipes, made);
  CHECK((bytes_of(backend, made) == expected));
}

/// What a training step would see of its inputs.
inline std::vector<std::uint8_t> bytes_of(Backend& backend, const StepInputs& inputs) {
  std::vector<std::uint8_t> out = bytes_of(backend, inputs.images->value);
  for (const Variable& other : {inputs.mask, inputs.labels}) {
    const std::vector<std::uint8_t> bytes = bytes_of(backend, other->value);
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
  return out;
}

/// A step's inputs from batches made on the backend, with room for all images, some and none: those from the host's
/// batches, always at the same address, as a recorded step needs.
inline void check_resident_batches(Backend& backend) {
  constexpr std::int64_t kSide = 16, kBatch = 4, kImages = 10;
  constexpr std::uint64_t kBytes = kSide * kSide * 3, kSeed = 9;
  const TemporaryFolder folder;
  std::vector<data::TrainingItem> items;
  for (std::uint32_t i = 0; i < kImages; ++i) {
    items.push_back({folder / (std::to_string(i) + ".png"), 0});
    data::save_png(items.back().path, kSide, kSide, 3, noise_image(kSide, i).pixels);
  }
  data::LoaderOptions options;
  options.size = kSide;
  options.batch_size = kBatch;
  options.seed = kSeed;
  data::Loader host(items, options);
  host.start(0);
  BatchPreparer copying(backend, kBatch, kSide, {}, kSeed);
  std::vector<std::vector<std::uint8_t>> expected;
  for (int i = 0; i < 7; ++i) expected.push_back(bytes_of(backend, copying.prepare(host.next())));
  for (const std::uint64_t room : {std::uint64_t{kImages}, std::uint64_t{3}, std::uint64_t{0}}) {
    CAPTURE(room);
    ResidentImages residents(backend, kImages, kSide, kBatch, room * kBytes + kBytes / 2);
    options.resident = [&residents](std::size_t image) { return residents.holds(image); };
    data::Loader loader(items, options);
    loader.start(0);
    BatchPreparer preparer(backend, kBatch, kSide, {}, kSeed, &residents);
    const void* address = nullptr;
    for (const std::vector<std::uint8_t>& bytes : expected) {
      const StepInputs inputs = preparer.prepare(loader.next());
      CHECK((bytes_of(backend, inputs) == bytes));
      CHECK((address == nullptr || inputs.images->value.data == address));
      address = inputs.images->value.data;
    }
    std::uint64_t held = 0;
    for (std::size_t i = 0; i < kImages; ++i) held += residents.holds(i) ? 1 : 0;
    CHECK(held == room);
  }
}

}  // namespace mdd::test
