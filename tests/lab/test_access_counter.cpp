// The emulator's counter against counts made by hand.
#include <doctest/doctest.h>

#include "tests/emu/access_counter.h"
#include "tests/emu/device_array.h"
#include "tests/lab/counted_kernels.h"

namespace {

using emu::AccessCounts;
using emu::test::DeviceArray;

struct Arrays {
  DeviceArray<float> x{std::vector<float>(4096, 1.0f)}, y{4096};
};

template <class Run>
AccessCounts counted_run(const Run& run) {
  const Arrays arrays;
  emu::AccessCounter counter;
  run(arrays.x.data(), arrays.y.data());
  return counter.counts();
}

}  // namespace

TEST_CASE("contiguous, packed, strided, misaligned and common accesses of a warp") {
  AccessCounts c = counted_run([](const float* x, float* y) { counted::copy(x, y, 1); });
  CHECK(c.load_requests == 1);
  CHECK(c.store_requests == 1);
  CHECK(c.load_sectors == 4);
  CHECK(c.store_sectors == 4);
  CHECK(c.load_bytes == 128);
  CHECK(c.block_lanes == 32 * c.basic_blocks);
  c = counted_run([](const float* x, float* y) { counted::copy_packs(x, y); });
  CHECK(c.load_requests == 1);
  CHECK(c.load_sectors == 16);
  CHECK(c.store_sectors == 16);
  CHECK(c.store_bytes == 512);
  c = counted_run([](const float* x, float* y) { counted::copy_strided(x, y); });
  CHECK(c.load_requests == 1);
  CHECK(c.load_sectors == 32);
  CHECK(c.load_bytes == 128);
  c = counted_run([](const float* x, float* y) { counted::copy_misaligned(x, y); });
  CHECK(c.load_sectors == 5);
  c = counted_run([](const float* x, float* y) { counted::read_one(x, y); });
  CHECK(c.load_requests == 1);
  CHECK(c.load_sectors == 1);
}

TEST_CASE("blocks add up, and launches forget what those before them loaded") {
  AccessCounts c = counted_run([](const float* x, float* y) { counted::copy(x, y, 8); });
  CHECK(c.load_requests == 8);
  CHECK(c.loaded_once == 32);
  c = counted_run([](const float* x, float* y) {
    counted::copy(x, y, 8);
    counted::copy(x, y, 8);
  });
  CHECK(c.load_sectors == 64);
  CHECK(c.loaded_once == 64);
  CHECK(c.stored_once == 64);
}

TEST_CASE("lanes that take no part are seen") {
  AccessCounts c = counted_run([](const float* x, float* y) { counted::copy_some(x, y, 5); });
  CHECK(c.load_requests == 1);
  CHECK(c.load_sectors == 1);
  CHECK(c.load_bytes == 20);
  CHECK(c.block_lanes < 32 * c.basic_blocks);
  c = counted_run([](const float* x, float* y) { counted::ragged_loop(x, y); });
  CHECK(c.load_requests == 32);
  CHECK(c.store_requests == 1);
  CHECK(c.load_bytes == 4 * 32 * 33 / 2);
}

TEST_CASE("lanes that leave a loop earlier, or skip a part of it, meet the others again") {
  // Three rounds, of which lane 0 makes the inner loop once more and odd lanes skip the first load.
  const AccessCounts c = counted_run([](const float* x, float* y) { counted::nested_loops(x, y); });
  CHECK(c.load_requests == 3 * (1 + 2 + 1));
  CHECK(c.store_requests == 3);
  CHECK(c.load_bytes == 4 * 3 * (16 + 2 * 32 + 1));
}

TEST_CASE("bank conflicts follow the pitch and the width") {
  const auto conflicts = [](int pitch) {
    return counted_run([pitch](const float*, float* y) { counted::shared_column(y, pitch); }).shared_conflicts;
  };
  CHECK(conflicts(1) == 0);
  CHECK(conflicts(33) == 0);
  CHECK(conflicts(2) == 2 * 1);
  CHECK(conflicts(32) == 2 * 31);
  CHECK(conflicts(0) == 0);  // one word for all lanes
  const AccessCounts c = counted_run([](const float*, float* y) { counted::shared_packs(y); });
  CHECK(c.shared_requests == 2);
  CHECK(c.shared_conflicts == 0);
}

TEST_CASE("a thread's own stack is no memory, and without a counter nothing is counted") {
  const AccessCounts c = counted_run([](const float*, float* y) { counted::no_memory(y); });
  CHECK(c.load_requests == 0);
  CHECK(c.shared_requests == 0);
  CHECK(c.store_requests == 1);
  const Arrays arrays;
  counted::copy(arrays.x.data(), arrays.y.data(), 1);
  CHECK(arrays.y[31] == 1.0f);
}
