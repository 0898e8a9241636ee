// Pixel metrics where the maps were computed: on the emulated CUDA backend, and on the processor's as if it were a
// device, against the same pixels in a pool on the host.
#include <array>
#include <cmath>
#include <doctest/doctest.h>

#include "emulated_backend.h"
#include "emulator.h"
#include "generate/dataset.h"
#include "inference/device_pixels.h"
#include "inference/evaluator.h"
#include "model/tiny_problem.h"
#include "profile/timed_backend.h"
#include "support/temporary_folder.h"

using namespace mdd;

namespace {

constexpr std::int64_t kHeight = 24, kWidth = 20;
constexpr std::size_t kPixels = kHeight * kWidth;
constexpr double kLimit = eval::kAuproLimit;

struct Picture {
  std::vector<float> map;
  std::vector<std::uint8_t> mask;
};

/// Every third is normal and has no mask; `levels` different scores in all of them together.
std::vector<Picture> pictures(std::size_t count, std::uint32_t levels) {
  std::vector<Picture> out(count);
  for (std::size_t n = 0; n < count; ++n) {
    RandomStream random(4, 0, static_cast<std::uint32_t>(n), Purpose::kTest);
    for (std::size_t i = 0; i < kPixels; ++i) {
      const bool defect = n % 3 != 0 && random.below(5) == 0;
      if (n % 3 != 0) out[n].mask.push_back(defect ? 255 : 0);
      out[n].map.push_back(static_cast<float>(random.below(levels) + (defect ? levels / 4 : 0)) * 0.25f - 2.0f);
    }
  }
  return out;
}

/// A backend with one map on it.
class Device {
 public:
  explicit Device(bool emulated) : backend_(emulated ? emu::make_emulated_backend() : make_cpu_backend()) {}
  [[nodiscard]] Backend& backend() { return *backend_; }
  [[nodiscard]] DevicePixels store(std::int64_t images) { return {*backend_, images, kHeight, kWidth, {}}; }
  void add(DevicePixels& store, const Picture& picture) {
    backend_->copy_from_host(map_, std::as_bytes(std::span(picture.map)));
    store.add({picture.map, map_, picture.mask});
    backend_->fill(map_, 7.0f);  // as the next batch will
  }

 private:
  std::unique_ptr<Backend> backend_;
  Buffer memory_{*backend_, kPixels * sizeof(float)};
  Tensor map_{memory_.data(), DType::kF32, {1, kHeight, kWidth}};
};

eval::PixelPool pool_of(const std::vector<Picture>& pictures) {
  eval::PixelPool pool(kHeight, kWidth);
  for (const Picture& picture : pictures) pool.add(picture.map, picture.mask);
  return pool;
}

void check_equal(const std::optional<double>& got, const std::optional<double>& expected) {
  REQUIRE(got.has_value() == expected.has_value());
  if (expected) CHECK(std::abs(*got - *expected) <= 1e-12 * *expected);
}

void check_equal(const eval::PixelMetrics& got, const eval::PixelMetrics& expected) {
  check_equal(got.ranking.auroc, expected.ranking.auroc);
  check_equal(got.ranking.average_precision, expected.ranking.average_precision);
  check_equal(got.ranking.f1_max, expected.ranking.f1_max);
  check_equal(got.aupro, expected.aupro);
}

void check_equal(const report::Results& got, const report::Results& expected) {
  constexpr std::optional<double> eval::MetricRow::*kAll[] = {
      &eval::MetricRow::image_auroc, &eval::MetricRow::image_ap,     &eval::MetricRow::image_f1max,
      &eval::MetricRow::pixel_auroc, &eval::MetricRow::pixel_ap,     &eval::MetricRow::pixel_f1max,
      &eval::MetricRow::aupro,       &eval::MetricRow::vote_accuracy};
  REQUIRE(got.classes.size() == expected.classes.size());
  for (std::size_t c = 0; c < got.classes.size(); ++c) {
    CHECK(got.classes[c].name == expected.classes[c].name);
    CHECK(got.classes[c].metrics.images == expected.classes[c].metrics.images);
    for (const auto metric : kAll) check_equal(got.classes[c].metrics.*metric, expected.classes[c].metrics.*metric);
  }
}

/// A small untrained model on either backend, and how often that ranked pixels.
class Evaluation {
 public:
  Evaluation(bool emulated, std::int64_t classes)
      : backend_(emulated ? emu::make_emulated_backend() : make_cpu_backend()),
        model_(timed_, options(classes), false) {
    model_.initialise(1);
    StepArena arena(timed_);
    Tape tape(timed_, arena, false);
    model_.encoder().calibrate(tape, test::random_images(timed_, 1, 64, 1).variable());
    timed_.set_listener(
        [this](const char* operation, const Cost&, double) { ranked += std::string(operation) == "pixel_metrics"; });
  }
  [[nodiscard]] report::Results run(const data::Dataset& dataset, const EvaluationOptions& options) {
    ranked = 0;
    Scorer scorer(model_, {}, 64);
    return evaluate(scorer, dataset, dataset.class_names, options);
  }
  int ranked = 0;

 private:
  static ModelOptions options(std::int64_t classes) {
    ModelOptions out = test::tiny();
    out.classes = classes;
    return out;
  }
  std::unique_ptr<Backend> backend_;
  TimedBackend timed_{*backend_};
  MddNet model_;
};

}  // namespace

TEST_CASE("the device's metrics are the pool's") {
  for (const bool emulated : {false, true}) {
    CAPTURE(emulated);
    Device device(emulated);
    for (const std::uint32_t levels : {1u, 9u, 100'000u}) {
      CAPTURE(levels);
      const std::vector<Picture> all = pictures(12, levels);
      DevicePixels store = device.store(12);
      check_equal(store.metrics(kLimit), {});
      for (std::size_t n = 0; n < all.size(); ++n) {
        device.add(store, all[n]);
        if (n != 0 && n != 1 && n != 4) continue;  // normal pixels only; one image with defects; more after that
        check_equal(store.metrics(kLimit),
                    pool_of({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n) + 1}).metrics());
      }
      check_equal(store.metrics(kLimit), pool_of(all).metrics());
      check_equal(store.metrics(0.05), pool_of(all).metrics(0.05));
      CHECK(store.on_device());
    }
    DevicePixels defects = device.store(1);
    device.add(defects, {std::vector<float>(kPixels, 1.0f), std::vector<std::uint8_t>(kPixels, 1)});
    check_equal(defects.metrics(kLimit), {});
  }
}

TEST_CASE("more images than announced, the coarse variants, forgetting: the host goes on") {
  const std::vector<Picture> all = pictures(7, 50);
  eval::PixelPool pool = pool_of(all);
  for (const bool emulated : {false, true}) {
    CAPTURE(emulated);
    Device device(emulated);
    DevicePixels small = device.store(4), coarse = device.store(7);
    for (const Picture& picture : all) {
      device.add(small, picture);
      device.add(coarse, picture);
    }
    CHECK_FALSE(small.on_device());
    check_equal(small.metrics(kLimit), pool.metrics());
    CHECK(coarse.on_device());
    const eval::AderRow row = coarse.ader();
    CHECK_FALSE(coarse.on_device());
    CHECK((row.aupro == pool.ader().aupro));
    CHECK((row.pixel_f1max == pool.ader().pixel_f1max));
    check_equal(coarse.metrics(kLimit), pool.metrics());
    coarse.clear();
    check_equal(coarse.metrics(kLimit), {});
    for (const Picture& picture : all) device.add(coarse, picture);
    check_equal(coarse.metrics(kLimit), pool.metrics());
  }
}

TEST_CASE("a device without memory left: nothing is lost, any other failure is told") {
  const std::vector<Picture> all = pictures(5, 50);
  Device device(true);
  for (const int passed : {0, 1, 2}) {  // scores, areas, metrics
    emu::fail_next("cudaMalloc", cudaErrorMemoryAllocation, passed);
    DevicePixels store = device.store(5);
    CHECK_FALSE(store.on_device());
    for (const Picture& picture : all) device.add(store, picture);
    check_equal(store.metrics(kLimit), pool_of(all).metrics());
  }
  DevicePixels store = device.store(5);
  for (const Picture& picture : all) device.add(store, picture);
  emu::fail_next("cudaLaunchKernelEx", cudaErrorInvalidConfiguration);
  CHECK_THROWS_AS(static_cast<void>(store.metrics(kLimit)), Error);
  CHECK(store.on_device());
  emu::fail_next("cudaMalloc", cudaErrorMemoryAllocation);
  check_equal(store.metrics(kLimit), pool_of(all).metrics());
  CHECK_FALSE(store.on_device());
}

TEST_CASE("NaN, maps of another size and maps that are nowhere are refused") {
  for (const bool emulated : {false, true}) {
    Device device(emulated);
    DevicePixels store = device.store(3);
    std::vector<Picture> all = pictures(3, 50);
    CHECK_THROWS_AS(store.add({all[0].map, {}, {}}), Error);
    const Buffer memory(device.backend(), 64);
    CHECK_THROWS_AS(store.add({all[0].map, {memory.data(), DType::kF32, {1, 4, 4}}, {}}), Error);
    all[2].map[5] = std::nanf("");
    for (const Picture& picture : all) device.add(store, picture);
    CHECK_THROWS_AS(static_cast<void>(store.metrics(kLimit)), Error);
    CHECK_THROWS_AS(static_cast<void>(store.ader()), Error);
    CHECK_THROWS_AS((DevicePixels{device.backend(), 1 << 20, kHeight, 1 << 20, {}}), Error);
  }
}

TEST_CASE("an evaluation gives the same rows wherever the pixels are, and takes the device where it should") {
  const test::TemporaryFolder folder;
  generate::generate_dataset(
      {.out = folder / "data", .classes = 2, .size = 64, .train = 1, .test_good = 1, .test_defect = 2, .seed = 2},
      nullptr);
  data::Dataset dataset = data::open_dataset(folder / "data", {});
  EvaluationOptions host, device;
  host.pixels = PixelPlace::kHost;
  device.pixels = PixelPlace::kDevice;
  EvaluationOptions narrow = device;
  narrow.device_limit = DevicePixels::bytes(3 * 64 * 64) - 1;
  for (const bool emulated : {false, true}) {
    CAPTURE(emulated);
    Evaluation evaluation(emulated, 2);
    const report::Results expected = evaluation.run(dataset, host);
    CHECK(evaluation.ranked == 0);
    REQUIRE(expected.classes.size() == 2);
    REQUIRE(expected.classes[0].metrics.aupro.has_value());
    check_equal(evaluation.run(dataset, device), expected);
    CHECK(evaluation.ranked == 2);
    check_equal(evaluation.run(dataset, {}), expected);
    CHECK(evaluation.ranked == (emulated ? 2 : 0));
    if (emulated) continue;  // the rest is asked of the fast one
    check_equal(evaluation.run(dataset, narrow), expected);
    CHECK(evaluation.ranked == 0);
    for (data::Sample& sample : dataset.test) {
      if (sample.class_index == 1 && sample.label != 0) sample.masks.clear();
    }
    const report::Results maskless = evaluation.run(dataset, device);
    CHECK(evaluation.ranked == 1);
    CHECK_FALSE(maskless.classes[1].metrics.aupro.has_value());
    check_equal(maskless, evaluation.run(dataset, host));
    dataset = data::open_dataset(folder / "data", {});
  }
  Evaluation evaluation(false, 2);
  host.ader = device.ader = true;
  const report::Results moved = evaluation.run(dataset, device);
  CHECK(evaluation.ranked == 2);
  const report::Results expected = evaluation.run(dataset, host);
  check_equal(moved, expected);
  for (std::size_t c = 0; c < 2; ++c) CHECK((moved.classes[c].ader->aupro == expected.classes[c].ader->aupro));
}
