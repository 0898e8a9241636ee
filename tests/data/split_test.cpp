#include "data/split.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <string>

namespace mdd::data {
namespace {

Dataset dataset_of(const std::vector<int>& counts) {
  Dataset dataset;
  for (std::size_t c = 0; c < counts.size(); ++c) {
    dataset.class_names.push_back(std::to_string(c));
    for (int i = 0; i < counts[c]; ++i) dataset.train.push_back({"x.png", static_cast<int>(c), 0, "good", {}});
  }
  return dataset;
}

std::vector<std::size_t> held_of_class(const Dataset& dataset, const Split& split, int wanted) {
  std::vector<std::size_t> out;
  for (const std::size_t i : split.hold_out) {
    if (dataset.train[i].class_index == wanted) out.push_back(i);
  }
  return out;
}

TEST_CASE("a tenth, at least 5, none below 20") {
  CHECK(hold_out_count(0) == 0);
  CHECK(hold_out_count(19) == 0);
  CHECK(hold_out_count(20) == 5);
  CHECK(hold_out_count(59) == 5);
  CHECK(hold_out_count(60) == 6);
  CHECK(hold_out_count(391) == 39);
}

TEST_CASE("the split is a partition with the right counts") {
  const Dataset dataset = dataset_of({19, 20, 120});
  const Split split = split_training(dataset, 3);
  CHECK(held_of_class(dataset, split, 0).empty());
  CHECK(held_of_class(dataset, split, 1).size() == 5);
  CHECK(held_of_class(dataset, split, 2).size() == 12);
  CHECK(std::is_sorted(split.train.begin(), split.train.end()));
  CHECK(std::is_sorted(split.hold_out.begin(), split.hold_out.end()));
  std::vector<std::size_t> all = split.train;
  all.insert(all.end(), split.hold_out.begin(), split.hold_out.end());
  std::sort(all.begin(), all.end());
  REQUIRE(all.size() == 159);
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i] == i);
}

TEST_CASE("the seed decides, other classes do not") {
  const Dataset dataset = dataset_of({50, 50});
  const Split split = split_training(dataset, 3);
  CHECK(split_training(dataset, 3).hold_out == split.hold_out);
  CHECK(split_training(dataset, 4).hold_out != split.hold_out);
  const Dataset longer = dataset_of({50, 500});
  CHECK(held_of_class(longer, split_training(longer, 3), 0) == held_of_class(dataset, split, 0));
}

TEST_CASE("every image is held out by some seed") {
  const Dataset dataset = dataset_of({20});
  std::vector<int> held(20);
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    for (const std::size_t i : split_training(dataset, seed).hold_out) ++held[i];
  }
  CHECK(*std::min_element(held.begin(), held.end()) >= 10);  // 25 expected
  CHECK(*std::max_element(held.begin(), held.end()) <= 45);
}

}  // namespace
}  // namespace mdd::data
