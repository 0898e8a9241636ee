// g++ 12 with AVX-512 enabled turns a constant whose first half repeats and whose rest is zero, such as {2, 2, 0, 0},
// into {2, 2, 2, 2} when it vectorises the store. A build with such flags computes nonsense in silence; this says so.
#include <cstddef>
#include <cstring>
#include <doctest/doctest.h>

namespace {

// A constant array copied as a whole is what the vectoriser turns into one wide store.
[[gnu::noinline]] void store(double (&to)[4]) {
  const double values[4] = {2, 2, 0, 0};
  std::memcpy(to, values, sizeof values);
}
[[gnu::noinline]] void store(double (&to)[8]) {
  const double values[8] = {2, 2, 2, 2, 0, 0, 0, 0};
  std::memcpy(to, values, sizeof values);
}
[[gnu::noinline]] void store(float (&to)[8]) {
  const float values[8] = {2, 2, 2, 2, 0, 0, 0, 0};
  std::memcpy(to, values, sizeof values);
}
[[gnu::noinline]] void store(int (&to)[8]) {
  const int values[8] = {2, 3, 2, 3, 0, 0, 0, 0};
  std::memcpy(to, values, sizeof values);
}

template <class T, std::size_t count>
void check_second_half() {
  T block[count];
  store(block);
  for (std::size_t i = 0; i < count; ++i) {
    const volatile T value = block[i];  // volatile: the comparison is made at run time
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
