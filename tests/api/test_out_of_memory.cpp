// Memory that runs out at any point is an error like others, and the model serves as before.
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <new>

#include "api/example_run.h"
#include "api/mddnet.h"
#include "train/refusal.h"

namespace {

/// oneDNN ends the process when it finds no memory: its own allocations are left to succeed.
bool by_onednn(const void* caller) {
  Dl_info info{};
  return ::dladdr(caller, &info) != 0 && info.dli_fname != nullptr && std::strstr(info.dli_fname, "libdnnl") != nullptr;
}

/// Allocations of this thread that still succeed; below 0: all.
thread_local long allowed = -1;
thread_local std::size_t smallest = 0;  ///< smaller ones succeed in any case
thread_local long asked = 0;

void* checked_allocation(std::size_t bytes, std::size_t alignment, const void* caller) {
  if (bytes >= smallest && !by_onednn(caller)) {
    ++asked;
    if (allowed == 0) throw std::bad_alloc();
    if (allowed > 0) --allowed;
  }
  void* address =
      std::aligned_alloc(alignment, (std::max<std::size_t>(bytes, 1) + alignment - 1) / alignment * alignment);
  if (address == nullptr) throw std::bad_alloc();
  return address;
}

}  // namespace

void* operator new(std::size_t bytes) {
  return checked_allocation(bytes, alignof(std::max_align_t), __builtin_return_address(0));
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return checked_allocation(bytes, static_cast<std::size_t>(alignment), __builtin_return_address(0));
}
// A sanitizer's own would not go with the operator delete below.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  try {
    return checked_allocation(bytes, alignof(std::max_align_t), __builtin_return_address(0));
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* address, const std::nothrow_t&) noexcept { std::free(address); }
void operator delete(void* address) noexcept { std::free(address); }
void operator delete(void* address, std::size_t) noexcept { std::free(address); }
void operator delete(void* address, std::align_val_t) noexcept { std::free(address); }
void operator delete(void* address, std::size_t, std::align_val_t) noexcept { std::free(address); }

using namespace mdd;
using namespace mdd::test;

namespace {

/// Runs `call` with ever more memory until it succeeds; returns how often it did not. Past the first hundred
/// allocations it tries every `stride`-th.
template <class Call>
long fail_until_it_works(long stride, const Call& call) {
  long failures = 0;
  for (long budget = 0;; budget += budget < 100 ? 1 : stride, ++failures) {
    allowed = budget;
    const mddnet_status status = call();
    allowed = -1;
    if (status == MDDNET_OK) return failures;
    REQUIRE(status == MDDNET_ERROR_RUNTIME);
    REQUIRE(std::string(mddnet_error_text()) == "out of memory");
  }
}

}  // namespace

TEST_CASE("every allocation of a first prediction, and of one that follows, may fail") {
  const std::string& bytes = exported_bytes();
  const data::Image picture = example_picture(50, 80, 2);
  const mddnet_image image{sizeof(mddnet_image), picture.pixels.data(), 80, 50, 0, MDDNET_RGB8};
  mddnet_model *expected_model = nullptr, *model = nullptr;
  mddnet_results *expected = nullptr, *results = nullptr;
  REQUIRE(mddnet_open_memory(bytes.data(), bytes.size(), nullptr, &expected_model) == MDDNET_OK);
  REQUIRE(mddnet_predict(expected_model, &image, 1, 0, &expected) == MDDNET_OK);
  mddnet_result wanted{};
  wanted.struct_size = sizeof wanted;
  REQUIRE(mddnet_results_get(expected, 0, &wanted) == MDDNET_OK);

  REQUIRE(mddnet_open_memory(bytes.data(), bytes.size(), nullptr, &model) == MDDNET_OK);
  for (int round = 0; round < 2; ++round) {
    const long failures = fail_until_it_works(11, [&] { return mddnet_predict(model, &image, 1, 0, &results); });
    CHECK(failures > 20);
    mddnet_result found{};
    found.struct_size = sizeof found;
    REQUIRE(mddnet_results_get(results, 0, &found) == MDDNET_OK);
    CHECK(found.score == wanted.score);
    CHECK(std::equal(found.map, found.map + found.side * found.side, wanted.map));
    mddnet_results_free(results);
  }
  mddnet_results_free(expected);
  mddnet_close(expected_model);
  mddnet_close(model);
}

TEST_CASE("every allocation of opening may fail but for small ones, of which the JSON reader ends the process") {
  const std::string& bytes = exported_bytes();
  mddnet_model* model = nullptr;
  smallest = 500;
  asked = 0;
  REQUIRE(mddnet_open_memory(bytes.data(), bytes.size(), nullptr, &model) == MDDNET_OK);
  const long needed = asked;
  mddnet_close(model);
  CHECK(needed > 10);
  for (long budget = 0; budget < needed; ++budget) {
    CAPTURE(budget);
    allowed = budget;
    const mddnet_status status = mddnet_open_memory(bytes.data(), bytes.size(), nullptr, &model);
    allowed = -1;
    CHECK(status == MDDNET_ERROR_RUNTIME);
    CHECK(model == nullptr);
  }
  smallest = 0;
}
