#include <array>
#include <cmath>
#include <doctest/doctest.h>
#include <set>
#include <vector>

#include "core/rng.h"

using namespace mdd;
using Words = std::array<std::uint32_t, 4>;

TEST_CASE("Philox4x32-10 gives the published known answers") {
  CHECK(philox4x32(0, {0, 0, 0, 0}) == Words{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u});
  constexpr std::uint32_t kOnes = 0xffffffffu;
  CHECK(philox4x32(0xffffffffffffffffULL, {kOnes, kOnes, kOnes, kOnes}) ==
        Words{0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu});
  CHECK(philox4x32(0x299f31d0a4093822ULL, {0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}) ==
        Words{0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u});
}

TEST_CASE("a stream reads consecutive blocks of its counter") {
  RandomStream stream(42, 7, 9, Purpose::kOpacity);
  for (std::uint32_t block = 0; block < 3; ++block) {
    for (const std::uint32_t word : philox4x32(42, {block, 5, 9, 7})) CHECK(stream.bits() == word);
  }
}

TEST_CASE("seed, epoch, item and purpose each give another stream") {
  std::set<std::uint32_t> first;
  first.insert(RandomStream(1, 2, 3, Purpose::kPerlin).bits());
  first.insert(RandomStream(2, 2, 3, Purpose::kPerlin).bits());
  first.insert(RandomStream(std::uint64_t{1} | (std::uint64_t{1} << 32), 2, 3, Purpose::kPerlin).bits());
  first.insert(RandomStream(1, 3, 3, Purpose::kPerlin).bits());
  first.insert(RandomStream(1, 2, 4, Purpose::kPerlin).bits());
  first.insert(RandomStream(1, 3, 2, Purpose::kPerlin).bits());
  first.insert(RandomStream(1, 2, 3, Purpose::kSource).bits());
  CHECK(first.size() == 7);
  CHECK(RandomStream(1, 2, 3, Purpose::kPerlin).bits() == RandomStream(1, 2, 3, Purpose::kPerlin).bits());
}

TEST_CASE("purposes keep their numbers, which are part of every seed's meaning") {
  CHECK(static_cast<int>(Purpose::kInitialise) == 0);
  CHECK(static_cast<int>(Purpose::kShuffle) == 1);
  CHECK(static_cast<int>(Purpose::kHoldOut) == 2);
  CHECK(static_cast<int>(Purpose::kPerlin) == 3);
  CHECK(static_cast<int>(Purpose::kSource) == 4);
  CHECK(static_cast<int>(Purpose::kOpacity) == 5);
  CHECK(static_cast<int>(Purpose::kGenerate) == 6);
  CHECK(static_cast<int>(Purpose::kTest) == 7);
}

TEST_CASE("uniform numbers lie in [0, 1) and fill it evenly") {
  CHECK(uniform_from_bits(0) == 0.0f);
  CHECK(uniform_from_bits(0xffffffffu) < 1.0f);
  CHECK(uniform_from_bits(0x80000000u) == 0.5f);
  RandomStream stream(3, 0, 0, Purpose::kTest);
  constexpr int kDraws = 40000;
  std::array<int, 10> bins{};
  for (int i = 0; i < kDraws; ++i) ++bins[static_cast<std::size_t>(stream.uniform() * 10.0f)];
  double chi_squared = 0.0;
  for (const int count : bins) chi_squared += std::pow(count - kDraws / 10.0, 2) / (kDraws / 10.0);
  CHECK(chi_squared < 27.9);  // 9 degrees of freedom, one in a thousand
  for (int i = 0; i < 1000; ++i) {
    const float value = stream.uniform(-2.0f, 3.0f);
    CHECK((value >= -2.0f && value < 3.0f));
  }
}

TEST_CASE("below reaches every number and none beyond") {
  RandomStream stream(4, 0, 0, Purpose::kTest);
  std::array<int, 7> seen{};
  for (int i = 0; i < 7000; ++i) {
    const std::uint32_t value = stream.below(7);
    REQUIRE(value < 7);
    ++seen[value];
  }
  for (const int count : seen) CHECK(count > 850);
  for (int i = 0; i < 100; ++i) CHECK(stream.below(1) == 0);
}

TEST_CASE("normal numbers have the moments of a standard normal") {
  RandomStream stream(5, 0, 0, Purpose::kTest);
  constexpr int kDraws = 40000;
  double sum = 0.0, squares = 0.0, fourth = 0.0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = stream.normal();
    REQUIRE(std::isfinite(x));
    sum += x;
    squares += x * x;
    fourth += x * x * x * x;
  }
  CHECK(std::fabs(sum / kDraws) < 0.02);
  CHECK(squares / kDraws == doctest::Approx(1.0).epsilon(0.03));
  CHECK(fourth / kDraws == doctest::Approx(3.0).epsilon(0.1));
}
