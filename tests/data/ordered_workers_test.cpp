#include "data/ordered_workers.h"

#include <atomic>
#include <chrono>
#include <doctest/doctest.h>
#include <limits>

namespace mdd::data {
namespace {

TEST_CASE("results come in order whatever the number of workers") {
  for (const int workers : {1, 2, 5}) {
    OrderedWorkers<std::int64_t> squares(
        [](std::int64_t i) {
          if (i % 3 == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));  // finish out of order
          return i * i;
        },
        10, 110, workers, 7);
    for (std::int64_t i = 10; i < 110; ++i) CHECK(squares.next() == i * i);
    CHECK(squares.next() == std::nullopt);
    CHECK(squares.next() == std::nullopt);
  }
}

TEST_CASE("never further ahead than the depth") {
  std::atomic<std::int64_t> most{-1};
  OrderedWorkers<int> workers(
      [&most](std::int64_t i) {
        for (std::int64_t seen = most; seen < i && !most.compare_exchange_weak(seen, i);) {
        }
        return 0;
      },
      0, 1000, 3, 4);
  for (std::int64_t i = 0; i < 50; ++i) {
    (void)workers.next();
    CHECK(most <= i + 4);
  }
}

TEST_CASE("an exception arrives in its place, later results after it") {
  OrderedWorkers<std::int64_t> workers(
      [](std::int64_t i) {
        if (i == 2 || i == 3) fail(ErrorKind::kData, "bad " + std::to_string(i));
        return i;
      },
      0, 6, 3, 6);
  CHECK(workers.next() == 0);
  CHECK(workers.next() == 1);
  CHECK_THROWS_WITH_AS((void)workers.next(), "bad 2", Error);
  CHECK_THROWS_WITH_AS((void)workers.next(), "bad 3", Error);
  CHECK(workers.next() == 4);
  CHECK(workers.next() == 5);
  CHECK(workers.next() == std::nullopt);
}

TEST_CASE("the destructor ends with full, empty and unused windows") {
  const auto never_ends = std::numeric_limits<std::int64_t>::max();
  for (int round = 0; round < 30; ++round) {
    OrderedWorkers<int> full([](std::int64_t) { return 1; }, 0, never_ends, 4, 2);
    if (round % 2 == 0) CHECK(full.next() == 1);
    OrderedWorkers<int> empty([](std::int64_t) { return 1; }, 0, 0, 4, 2);
    CHECK(empty.next() == std::nullopt);
  }
}

TEST_CASE("at least one worker and one result ahead") {
  const auto make = [](int workers, std::int64_t depth) {
    OrderedWorkers<int>([](std::int64_t) { return 1; }, 0, 1, workers, depth);
  };
  CHECK_THROWS_AS(make(0, 1), Error);
  CHECK_THROWS_AS(make(1, 0), Error);
}

}  // namespace
}  // namespace mdd::data
