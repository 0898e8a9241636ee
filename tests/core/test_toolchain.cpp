// g++ 12 with AVX-512 enabled turns a constant whose first half repeats and whose rest is zero, such as {2, 2, 0, 0},
// into {2, 2, 2, 2} when it vectorises the store. A build with such flags computes nonsense in silence; this says so.
#include <doctest/doctest.h>

#include <cstddef>

namespace {

template <class T, std::size_t count>
struct Block {
  T values[count];
};

[[gnu::noinline]] void store(Block<double, 4>& to) { to = {{2, 2, 0, 0}}; }
[[gnu::noinline]] void store(Block<double, 8>& to) { to = {{2, 2, 2, 2, 0, 0, 0, 0}}; }
[[gnu::noinline]] void store(Block<float, 8>& to) { to = {{2, 2, 2, 2, 0, 0, 0, 0}}; }
[[gnu::noinline]] void store(Block<int, 8>& to) { to = {{2, 3, 2, 3, 0, 0, 0, 0}}; }

template <class T, std::size_t count>
void check_second_half() {
  Block<T, count> block{};
  store(block);
  for (std::size_t i = 0; i < count; ++i) {
    volatile T value = block.values[i];  // volatile: the comparison is made at run time
    const bool zero = value == T{0};
    CHECK(zero == (i >= count / 2));
  }
}

}  // namespace

TEST_CASE("the compiler stores half-zero constants as they are written") {
  check_second_half<double, 4>();
  check_second_half<double, 8>();
  check_second_half<float, 8>();
  check_second_half<int, 8>();
}
