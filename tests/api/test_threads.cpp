// What mddnet.h says about threads, with eight of them: one model for all, and one each. bench/trust/threads.sh runs
// this under ThreadSanitizer.
#include <algorithm>
#include <array>
#include <doctest/doctest.h>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "api/example_run.h"
#include "api/mddnet.h"

using namespace mdd;
using namespace mdd::test;

namespace {

constexpr std::size_t kThreads = 8;
constexpr int kRounds = 3;

mddnet_model* open_raw() {
  mddnet_model* model = nullptr;
  const std::string& bytes = exported_bytes();
  return mddnet_open_memory(bytes.data(), bytes.size(), nullptr, &model) == MDDNET_OK ? model : nullptr;
}

/// Scores and maps of three pictures of different extents, one after the other; empty after an error.
std::vector<float> judge(mddnet_model* model) {
  std::vector<float> out;
  for (const auto& [height, width] : {std::pair{64, 64}, {40, 97}, {129, 65}}) {
    const data::Image picture = example_picture(height, width, static_cast<std::uint32_t>(height));
    const mddnet_image image{sizeof(mddnet_image), picture.pixels.data(), width, height, 0, MDDNET_RGB8};
    mddnet_results* results = nullptr;
    if (mddnet_predict(model, &image, 1, 0, &results) != MDDNET_OK) return {};
    mddnet_result result{};
    result.struct_size = sizeof result;
    if (mddnet_results_get(results, 0, &result) != MDDNET_OK) return {};
    out.push_back(result.score);
    out.insert(out.end(), result.map, result.map + result.side * result.side);
    mddnet_results_free(results);
  }
  return out;
}

/// Runs `work` on eight threads; returns how many of them it gave true.
std::size_t on_eight_threads(const std::function<bool()>& work) {
  std::array<bool, kThreads> good{};
  std::vector<std::thread> threads;
  for (bool& one : good) threads.emplace_back([&work, &one] { one = work(); });
  for (std::thread& thread : threads) thread.join();
  return static_cast<std::size_t>(std::ranges::count(good, true));
}

bool judges_alike(mddnet_model* model, const std::vector<float>& expected) {
  bool alike = true;
  for (int round = 0; round < kRounds; ++round) alike = judge(model) == expected && alike;
  return alike;
}

}  // namespace

TEST_CASE("eight threads on one model, and eight with one each, agree to the last bit; errors stay with their thread") {
  mddnet_model* shared = open_raw();
  REQUIRE(shared != nullptr);
  const std::vector<float> expected = judge(shared);
  REQUIRE_FALSE(expected.empty());
  CHECK(on_eight_threads([&] { return judges_alike(shared, expected); }) == kThreads);
  CHECK(on_eight_threads([&] {
          mddnet_model* own = open_raw();
          const bool alike = own != nullptr && judges_alike(own, expected);
          mddnet_close(own);
          return alike;
        }) == kThreads);
  CHECK(on_eight_threads([&] {
          mddnet_results* results = nullptr;
          const bool refused = mddnet_predict(shared, nullptr, 1, 0, &results) == MDDNET_ERROR_USAGE;
          return refused && !std::string(mddnet_error_text()).empty() && judges_alike(shared, expected);
        }) == kThreads);
  mddnet_close(shared);
}
