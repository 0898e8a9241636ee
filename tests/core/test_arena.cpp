#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <doctest/doctest.h>
#include <set>
#include <vector>

#include "core/arena.h"
#include "core/rng.h"

using namespace mdd;

namespace {

/// Host memory that counts what is out and refuses beyond a limit.
class CountingResource : public MemoryResource {
 public:
  explicit CountingResource(std::size_t limit = SIZE_MAX) : limit_(limit) {}
  ~CountingResource() override { CHECK(live_.empty()); }
  void* allocate(std::size_t bytes) override {
    ++allocations;
    if (bytes > limit_) fail(ErrorKind::kRuntime, "out of memory");
    void* address = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
    live_.insert(address);
    return address;
  }
  void release(void* address) noexcept override {
    CHECK(live_.erase(address) == 1);
    std::free(address);
  }
  int allocations = 0;

 private:
  std::size_t limit_;
  std::set<void*> live_;
};

Tensor floats(StepArena& arena, std::int64_t count) { return arena.allocate(DType::kF32, Shape{count}); }

std::ptrdiff_t distance(const Tensor& from, const Tensor& to) {
  return static_cast<std::byte*>(to.data) - static_cast<std::byte*>(from.data);
}

/// A step with overlapping lifetimes of many sizes; returns the addresses in order.
std::vector<void*> step(StepArena& arena, std::uint32_t seed, int count) {
  RandomStream stream(seed, 0, 0, Purpose::kTest);
  std::vector<void*> addresses;
  std::vector<Tensor> live;
  for (int i = 0; i < count; ++i) {
    live.push_back(floats(arena, 1 + stream.below(20000)));
    addresses.push_back(live.back().data);
    if (stream.below(3) == 0) {
      const std::size_t which = stream.below(static_cast<std::uint32_t>(live.size()));
      arena.release(live[which]);
      live.erase(live.begin() + static_cast<std::ptrdiff_t>(which));
    }
  }
  while (!live.empty()) {
    arena.release(live.back());
    live.pop_back();
  }
  arena.reset();
  return addresses;
}

}  // namespace

TEST_CASE("tensors are aligned, disjoint and keep what is written into them") {
  CountingResource resource;
  StepArena arena(resource, 4096);
  std::vector<Tensor> live;
  for (std::int64_t count = 1; count < 400; count += 13) {
    live.push_back(floats(arena, count));
    REQUIRE(reinterpret_cast<std::uintptr_t>(live.back().data) % StepArena::kAlignment == 0);
    std::memset(live.back().data, static_cast<int>(live.size()), live.back().bytes());
  }
  for (std::size_t i = 0; i < live.size(); ++i) {
    const auto* bytes = static_cast<const unsigned char*>(live[i].data);
    for (std::size_t b = 0; b < live[i].bytes(); ++b) REQUIRE(bytes[b] == i + 1);
    arena.release(live[i]);
  }
  CHECK(arena.live_bytes() == 0);
}

TEST_CASE("first fit at the lowest address, neighbours coalesce") {
  CountingResource resource;
  StepArena arena(resource, 8 * 256);
  std::vector<Tensor> blocks;
  for (int i = 0; i < 8; ++i) blocks.push_back(floats(arena, 64));
  for (int i = 1; i < 8; ++i) CHECK(distance(blocks[0], blocks[static_cast<std::size_t>(i)]) == 256 * i);
  // Holes 1, 2 and 3, freed in an order that merges with the right, then with both sides.
  arena.release(blocks[3]);
  arena.release(blocks[1]);
  const Tensor lowest = floats(arena, 64);
  CHECK(lowest.data == blocks[1].data);
  arena.release(lowest);
  arena.release(blocks[2]);
  const Tensor wide = floats(arena, 3 * 64);
  CHECK(wide.data == blocks[1].data);
  CHECK(resource.allocations == 1);
  // Merging with the left neighbour alone, up to the end of the chunk.
  arena.release(blocks[6]);
  arena.release(blocks[7]);
  const Tensor tail = floats(arena, 2 * 64);
  CHECK(tail.data == blocks[6].data);
  for (const std::size_t i : {0u, 4u, 5u}) arena.release(blocks[i]);
  arena.release(tail);
  arena.release(wide);
  const Tensor all = floats(arena, 8 * 64);  // only if everything became one hole again
  CHECK(all.data == blocks[0].data);
  CHECK(resource.allocations == 1);
  arena.release(all);
}

TEST_CASE("the same step gets the same addresses from the second time on, and no more memory") {
  CountingResource resource;
  StepArena arena(resource, 1024);
  (void)step(arena, 1, 60);
  (void)step(arena, 1, 60);
  const auto second = step(arena, 1, 60);
  const std::size_t reserved = arena.reserved_bytes();
  const int allocations = resource.allocations;
  for (int i = 0; i < 3; ++i) {
    CHECK(step(arena, 1, 60) == second);
    CHECK(arena.reserved_bytes() == reserved);
  }
  CHECK(step(arena, 2, 20).size() == 20);  // a smaller step in between
  CHECK(step(arena, 1, 60) == second);
  CHECK(resource.allocations == allocations);
}

TEST_CASE("a step that took no new memory is repeated to the address; that is the third one at the latest") {
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    CountingResource resource;
    StepArena arena(resource, 4096);
    (void)step(arena, seed, 40);
    const int before_second = resource.allocations;
    const auto second = step(arena, seed, 40);
    const bool second_settled = resource.allocations == before_second;
    const auto third = step(arena, seed, 40);
    if (second_settled) CHECK_MESSAGE(third == second, "seed " << seed);
    CHECK_MESSAGE(step(arena, seed, 40) == third, "seed " << seed);
  }
}

TEST_CASE("bytes are counted") {
  CountingResource resource;
  StepArena arena(resource, 1 << 16);
  const Tensor a = floats(arena, 64), b = floats(arena, 65);
  CHECK(arena.live_bytes() == 3 * 256);
  arena.release(a);
  CHECK(arena.live_bytes() == 2 * 256);
  CHECK(arena.peak_bytes() == 3 * 256);
  CHECK(arena.reserved_bytes() == 1 << 16);
  arena.release(b);
}

TEST_CASE("an empty tensor still has an address of its own") {
  CountingResource resource;
  StepArena arena(resource, 4096);
  const Tensor a = floats(arena, 0), b = floats(arena, 0);
  CHECK(a.data != nullptr);
  CHECK(a.data != b.data);
  arena.release(a);
  arena.release(b);
}

TEST_CASE("a step that leaks is refused, a stranger's tensor is ignored") {
  CountingResource resource;
  StepArena arena(resource, 4096);
  const Tensor a = floats(arena, 5);
  CHECK_THROWS_AS(arena.reset(), Error);
  arena.release(Tensor{});
  float elsewhere = 0.0f;
  arena.release({&elsewhere, DType::kF32, Shape{}});
  CHECK(arena.live_bytes() == 256);
  arena.release(a);
  arena.release(a);
  CHECK(arena.live_bytes() == 0);
  arena.reset();
}

TEST_CASE("running out of memory leaves the arena usable") {
  CountingResource resource(1 << 16);
  StepArena arena(resource, 4096);
  const Tensor a = floats(arena, 5);
  CHECK_THROWS_AS((void)floats(arena, 1 << 20), Error);
  const Tensor b = floats(arena, 5);
  CHECK(arena.live_bytes() == 512);
  arena.release(a);
  arena.release(b);
  arena.reset();
}

TEST_CASE("a buffer gives back what it took, once, wherever it moved") {
  CountingResource resource;
  Buffer a(resource, 100), b;
  void* address = a.data();
  b = std::move(a);
  CHECK(b.data() == address);
  Buffer c(std::move(b));
  CHECK(c.data() == address);
  CHECK(c.bytes() == 100);
  c.reset();
  CHECK(c.data() == nullptr);
  CHECK(c.bytes() == 0);
}
