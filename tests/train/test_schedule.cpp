#include <doctest/doctest.h>

#include "train/trainer.h"

using namespace mdd;

TEST_CASE("the learning rate drops to a tenth at 80 % of the epochs") {
  TrainingConfig training;
  for (std::int64_t epoch = 0; epoch < 80; ++epoch) CHECK(learning_rate_of(training, epoch) == 0.005);
  for (std::int64_t epoch = 80; epoch < 100; ++epoch) {
    CHECK(learning_rate_of(training, epoch) == doctest::Approx(0.0005));
  }
}

TEST_CASE("the drop falls on a whole epoch, also where the product is not exact") {
  TrainingConfig training;
  const auto first_low_epoch = [&] {
    for (std::int64_t epoch = 0; epoch < training.epochs; ++epoch) {
      if (learning_rate_of(training, epoch) < training.learning_rate) return epoch;
    }
    return training.epochs;
  };
  for (const auto& [epochs, drop] :
       {std::pair<std::int64_t, std::int64_t>{1, 0}, {2, 1}, {5, 4}, {7, 5}, {10, 8}, {300, 240}}) {
    CAPTURE(epochs);
    training.epochs = epochs;
    CHECK(first_low_epoch() == drop);
  }
  training.epochs = 10;
  training.decay_at = 0.7;  // 0.7 * 10 = 7 - 9e-16
  CHECK(first_low_epoch() == 7);
  training.decay_at = 1.0;
  CHECK(first_low_epoch() == 10);
  training.decay_at = 0.0;
  CHECK(first_low_epoch() == 0);
}

TEST_CASE("a digest tells training lists apart by class names and relative paths") {
  data::Dataset dataset;
  dataset.class_names = {"cable", "nut"};
  dataset.train = {{"/a/cable/1.png", 0, 0, "good", {}}, {"/a/nut/1.png", 1, 0, "good", {}}};
  const std::string digest = digest_of(dataset, "/a");
  CHECK(digest.starts_with("2-"));
  data::Dataset moved = dataset;
  for (data::Sample& sample : moved.train) sample.path = "/elsewhere" / sample.path.lexically_relative("/a");
  CHECK(digest_of(moved, "/elsewhere") == digest);
  data::Dataset renamed = dataset;
  renamed.train[1].path = "/a/nut/2.png";
  CHECK(digest_of(renamed, "/a") != digest);
  data::Dataset other_class = dataset;
  other_class.class_names[1] = "bolt";
  CHECK(digest_of(other_class, "/a") != digest);
  data::Dataset shorter = dataset;
  shorter.train.pop_back();
  CHECK(digest_of(shorter, "/a") != digest);
}
