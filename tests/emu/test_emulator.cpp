// The emulator's engine, by small kernels whose results are known.
#include <cmath>
#include <doctest/doctest.h>
#include <numeric>
#include <set>
#include <thread>

#include "tests/emu/device_array.h"
#include "tests/emu/sample_kernels.cuh"

using namespace emu::test;
namespace sample = emu::sample;

namespace {

/// ThreadSanitizer takes a large fraction of a millisecond for each of its threads.
#ifdef __SANITIZE_THREAD__
constexpr unsigned kSeeds = 3, kLargeBlock = 128;
#else
constexpr unsigned kSeeds = 6, kLargeBlock = 1024;
#endif

/// Every order of threads and blocks that the tests try; back to "in order" at the end.
struct Orders {
  ~Orders() { emu::set_schedule_seed(0); }
  template <class Check>
  void each(const Check& check) const {
    for (unsigned seed = 0; seed < kSeeds; ++seed) {
      CAPTURE(seed);
      emu::set_schedule_seed(seed);
      check();
    }
  }
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("every thread of a three-dimensional grid runs once, whatever the order") {
  Orders().each([] {
    const DeviceArray<int> at(12 * 10 * 6);
    REQUIRE(launch({dim3(3, 5, 2), dim3(4, 2, 3)}, sample::places, at.data(), 12, 10) == cudaSuccess);
    std::vector<int> expected(12 * 10 * 6);
    std::iota(expected.begin(), expected.end(), 1);
    CHECK(at.values() == expected);
  });
}

TEST_CASE("a block adds its values through shared memory") {
  Orders().each([] {
    for (const unsigned threads : {1u, 2u, 32u, 64u, kLargeBlock}) {
      CAPTURE(threads);
      const unsigned blocks = 3;
      std::vector<float> x(threads * blocks);
      std::iota(x.begin(), x.end(), 1.0f);
      const DeviceArray<float> values(x), sums(blocks);
      REQUIRE(launch({blocks, threads}, sample::block_sum, sums.data(), values.data()) == cudaSuccess);
      for (unsigned b = 0; b < blocks; ++b) {
        CHECK(sums[b] == std::accumulate(x.begin() + b * threads, x.begin() + (b + 1) * threads, 0.0f));
      }
    }
  });
}

TEST_CASE("dynamic shared memory") {
  Orders().each([] {
    std::vector<int> x(100);
    std::iota(x.begin(), x.end(), 0);
    const DeviceArray<int> values(x);
    REQUIRE(launch({1, 100, 100 * sizeof(int)}, sample::reverse, values.data()) == cudaSuccess);
    std::reverse(x.begin(), x.end());
    CHECK(values.values() == x);
  });
}

TEST_CASE("shuffles follow the definition, segments included") {
  Orders().each([] {
    const DeviceArray<int> result(6 * 32);
    REQUIRE(launch({1, 32}, sample::shuffles, result.data()) == cudaSuccess);
    for (int lane = 0; lane < 32; ++lane) {
      CAPTURE(lane);
      const auto row = [&](int k) { return result[static_cast<std::size_t>(k * 32 + lane)]; };
      CHECK(row(0) == 5);
      CHECK(row(1) == lane / 8 * 8 + 3);
      CHECK(row(2) == (lane % 8 < 2 ? lane : lane - 2));
      CHECK(row(3) == (lane % 8 + 2 > 7 ? lane : lane + 2));
      CHECK(row(4) == (lane ^ 1));
      CHECK(row(5) == 2 * (lane ^ 2));
    }
  });
}

TEST_CASE("a ragged warp shuffles among its own lanes and reads nothing from lanes that do not exist") {
  Orders().each([] {
    const DeviceArray<int> result(6 * 7);
    REQUIRE(launch({1, 7}, sample::shuffles, result.data()) == cudaSuccess);
    CHECK(result[0 * 7 + 6] == 5);
    CHECK(result[4 * 7 + 4] == 5);
    CHECK(result[4 * 7 + 6] == -1);  // lane 7 is not there: all bits set
  });
}

TEST_CASE("votes of a warp and of a block") {
  Orders().each([] {
    const DeviceArray<unsigned> result(6);
    REQUIRE(launch({1, 64}, sample::votes, result.data()) == cudaSuccess);
    CHECK(result.values() == std::vector<unsigned>{0xaaaaaaaau, 1, 0, 24, 1, 0});
  });
}

TEST_CASE("parts of a warp may shuffle on their own") {
  Orders().each([] {
    const DeviceArray<int> result(32);
    REQUIRE(launch({1, 32}, sample::half_warps, result.data()) == cudaSuccess);
    for (int lane = 0; lane < 32; ++lane) {
      const int pair = lane / 2 * 4 + 1;  // a lane's number and its neighbour's
      const int own = lane < 16 ? 4 * pair : pair;
      CHECK(result[static_cast<std::size_t>(lane)] == own + 61);
    }
  });
}

TEST_CASE("atomics count every thread once") {
  Orders().each([] {
    const DeviceArray<int> sum(std::vector{0, 0}), order(320);
    const DeviceArray<unsigned> most(std::vector{0u}), least(std::vector{1000u});
    const DeviceArray<unsigned long long> set(std::vector{0ULL});
    const DeviceArray<float> total(std::vector{0.0f});
    REQUIRE(launch({5, 64}, sample::atomics, sum.data(), most.data(), least.data(), set.data(), total.data(),
                   order.data()) == cudaSuccess);
    CHECK(sum[0] == 320);
    CHECK(most[0] == 319);
    CHECK(least[0] == 3);
    CHECK(set[0] == ~0ULL);
    CHECK(total[0] == 160.0f);
    const std::vector<int> places = order.values();
    CHECK(std::set<int>(places.begin(), places.end()).size() == 320);
  });
}

TEST_CASE("a seed gives an order of its own, and always the same") {
  const auto order_of = [](unsigned seed) {
    emu::set_schedule_seed(seed);
    const DeviceArray<int> sum(std::vector{0, 0}), order(128);
    const DeviceArray<unsigned> limits(std::vector{0u, 0u});
    const DeviceArray<unsigned long long> set(std::vector{0ULL});
    const DeviceArray<float> total(std::vector{0.0f});
    REQUIRE(launch({2, 64}, sample::atomics, sum.data(), limits.data(), limits.data() + 1, set.data(), total.data(),
                   order.data()) == cudaSuccess);
    emu::set_schedule_seed(0);
    return order.values();
  };
  std::vector<int> in_order(128);
  std::iota(in_order.begin(), in_order.end(), 0);
  CHECK(order_of(0) == in_order);
  CHECK(order_of(7) == order_of(7));
  CHECK(order_of(7) != in_order);
  CHECK(order_of(7) != order_of(8));
}

TEST_CASE("shared memory starts a block with all bits set") {
  const DeviceArray<float> result(8);
  REQUIRE(launch({4, 1, sizeof(float)}, sample::untouched, result.data()) == cudaSuccess);
  for (const float value : result.values()) CHECK(std::isnan(value));
}

TEST_CASE("mistakes name the kernel and the line") {
  Orders().each([] {
    const DeviceArray<int> x(std::vector<int>(64, 1));
    std::string text = mistake(Geometry{1, 64}, sample::divergent_barrier);
    CHECK(contains(text, "kernel emu::sample::divergent_barrier: "));
    CHECK(contains(text, "sample_kernels.cuh:"));
    CHECK(contains(text, "divergent barrier: other threads of the block wait in __syncthreads() at "));

    text = mistake(Geometry{1, 64}, sample::early_exit);
    CHECK(contains(text, "kernel emu::sample::early_exit: "));
    CHECK(contains(text, "__syncthreads() is never reached by 14 exited threads"));

    text = mistake(Geometry{1, 32}, sample::lane_left_out, x.data());
    CHECK(contains(text, "sample::lane_left_out: "));
    CHECK(contains(text, "lane 9 of"));

    text = mistake(Geometry{1, 64}, sample::lane_at_barrier, x.data());
    CHECK(contains(text, "deadlock in block (0, 0, 0): 1 of 64 threads wait in __syncthreads() at "));
    CHECK(contains(text, "warp 0 waits in a shuffle at "));
    CHECK(contains(text, " for lane 9"));

    CHECK(contains(mistake(Geometry{1, 32}, sample::not_in_own_mask, x.data()), "takes part but is not in the mask"));
    CHECK(contains(mistake(Geometry{1, 32}, sample::two_operations, x.data()), "other lanes of the mask are in a "));
  });
}

TEST_CASE("after a mistake the next launch works") {
  const DeviceArray<float> x(std::vector<float>(64, 1.0f)), sum(1);
  CHECK_FALSE(mistake(Geometry{1, 64}, sample::divergent_barrier).empty());
  REQUIRE(launch({1, 64}, sample::block_sum, sum.data(), x.data()) == cudaSuccess);
  CHECK(sum[0] == 64.0f);
}

TEST_CASE("what device code throws leaves through the launch") {
  for (const int at : {0, 31, 63}) {
    CHECK_THROWS_AS(static_cast<void>(launch({1, 64}, sample::throws, at)), std::out_of_range);
  }
}

TEST_CASE("limits of a launch") {
  const auto geometry_error = [](dim3 grid, dim3 block, std::size_t bytes = 0) {
    const DeviceArray<int> x(1024);
    return mistake(Geometry{grid, block, bytes}, sample::reverse, x.data());
  };
  CHECK(
      contains(geometry_error(1, 0), "bad block size: expected 1 to 1024 threads (1024 x 1024 x 64 at most), found 0"));
  CHECK(contains(geometry_error(1, 1025), "bad block size"));
  CHECK(contains(geometry_error(1, dim3(1, 1, 65)), "bad block size"));
  CHECK(contains(geometry_error(1, dim3(65536, 65536)), "bad block size"));
  CHECK(contains(geometry_error(0, 32), "bad grid size"));
  CHECK(contains(geometry_error(dim3(1, 65536), 32), "bad grid size"));
  CHECK(
      contains(geometry_error(1, 32, 48 * 1024 + 1), "49153 bytes dynamic, at most 49152 unless cudaFuncSetAttribute"));
  REQUIRE(cudaFuncSetAttribute(sample::reverse, cudaFuncAttributeMaxDynamicSharedMemorySize, 100 * 1024) ==
          cudaSuccess);
  CHECK(geometry_error(1, 32, 100 * 1024).empty());
  CHECK(contains(geometry_error(1, 32, 100 * 1024 + 1), "too much shared memory"));
  CHECK(cudaFuncSetAttribute(sample::reverse, cudaFuncAttributeMaxDynamicSharedMemorySize, 228 * 1024) ==
        cudaErrorInvalidValue);
  static_cast<void>(cudaGetLastError());

  const DeviceArray<int> x(1);
  CHECK(mistake(Geometry{1, 1, 9000}, sample::large_array, x.data()).empty());
  CHECK(contains(mistake(Geometry{1, 1, 9153}, sample::large_array, x.data()),
                 "too much shared memory: 40000 bytes of arrays and 9153 dynamic, at most 49152"));
}

TEST_CASE("threads of the system each have an emulator") {
  std::vector<std::thread> workers;
  std::vector<float> results(2);
  for (std::size_t worker = 0; worker < 2; ++worker) {
    workers.emplace_back([&results, worker] {
      emu::set_schedule_seed(static_cast<unsigned>(worker));
      for (int repeat = 0; repeat < 20; ++repeat) {
        const DeviceArray<float> x(std::vector<float>(64, 1.0f + static_cast<float>(worker))), sum(1);
        static_cast<void>(launch({1, 64}, sample::block_sum, sum.data(), x.data()));
        results[worker] += sum[0];
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  CHECK(results == std::vector<float>{20 * 64.0f, 40 * 64.0f});
}

TEST_CASE("statistics by kernel, named with template arguments") {
  const auto before = emu::launched();
  const DeviceArray<float> x(std::vector<float>(128, 1.0f)), y(128);
  static_cast<void>(launch({2, 64}, sample::scale<float>, y.data(), x.data(), 2.0f, 128));
  static_cast<void>(launch({2, 64}, sample::block_sum, y.data(), x.data()));
  const auto after = emu::launched();
  const auto grown = [&](const std::string& name, auto member) {
    const auto old = before.find(name);
    REQUIRE(after.contains(name));
    return after.at(name).*member - (old == before.end() ? 0 : old->second.*member);
  };
  CHECK(grown("emu::sample::scale<float>", &emu::Statistics::launches) == 1);
  CHECK(grown("emu::sample::scale<float>", &emu::Statistics::threads) == 128);
  CHECK(grown("emu::sample::scale<float>", &emu::Statistics::barriers) == 0);
  CHECK(grown("emu::sample::block_sum", &emu::Statistics::barriers) == 128 * 6);
}

TEST_CASE("coverage lists kernels that were never launched, by storage type") {
  const DeviceArray<__half> x(std::vector<__half>(32, 1.5f)), y(32);
  static_cast<void>(launch({1, 32}, sample::scale<__half>, y.data(), x.data(), 2.0f, 32));
  CHECK(static_cast<float>(y[31]) == 3.0f);
  const DeviceArray<float> a(std::vector<float>(32, 1.5f)), b(32);
  static_cast<void>(launch({1, 32}, sample::scale<float>, b.data(), a.data(), 2.0f, 32));
  // The folder of this test also declares a kernel in a comment and in forms that only a reader of C++ would find.
  const std::vector<std::string> missing = emu::missing_kernels(MDDNET_SOURCE_DIR "/tests/emu/coverage_specimens");
  CHECK(missing == std::vector<std::string>{"attributes", "bounded", "scale<__nv_bfloat16>", "second<float>",
                                            "second<__half>", "second<__nv_bfloat16>"});
}
