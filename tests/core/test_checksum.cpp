#include <algorithm>
#include <cstdio>
#include <doctest/doctest.h>
#include <vector>

#include "core/checksum.h"
#include "core/rng.h"

using namespace mdd;

namespace {

std::vector<std::byte> random_bytes(std::size_t count) {
  RandomStream random(7, 0, 0, Purpose::kTest);
  std::vector<std::byte> out(count);
  for (std::byte& byte : out) byte = static_cast<std::byte>(random.below(256));
  return out;
}

std::string checksum_of(std::span<const std::byte> bytes) {
  Checksum out;
  out.add(bytes);
  return out.text();
}

}  // namespace

TEST_CASE("checksum: both sums as they are defined, for every length") {
  CHECK(Checksum().text() == std::string(32, '0'));
  const std::vector<std::byte> bytes = random_bytes(200);
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    std::vector<std::byte> padded(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
    padded.resize((length + 3) / 4 * 4);
    std::uint64_t sum = 0, sums = 0;
    for (std::size_t at = 0; at < padded.size(); at += 4) {
      for (std::size_t i = 0; i < 4; ++i) sum += std::to_integer<std::uint64_t>(padded[at + i]) << (8 * i);
      sums += sum;
    }
    char expected[33];
    std::snprintf(expected, sizeof expected, "%016llx%016llx", static_cast<unsigned long long>(sum),
                  static_cast<unsigned long long>(sums));
    CHECK(checksum_of(std::span(bytes).first(length)) == expected);
  }
}

TEST_CASE("checksum: pieces of whole words count as one") {
  const std::vector<std::byte> bytes = random_bytes(1000);
  for (const std::size_t first : {std::size_t{0}, std::size_t{4}, std::size_t{36}, std::size_t{996}}) {
    Checksum two;
    two.add(std::span(bytes).first(first));
    two.add(std::span(bytes).subspan(first));
    CHECK(two.text() == checksum_of(bytes));
  }
}

TEST_CASE("checksum: changed bits, exchanged and moved words are seen") {
  std::vector<std::byte> bytes = random_bytes(256);
  const std::string good = checksum_of(bytes);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    const std::byte mask{static_cast<unsigned char>(1u << (bit % 8))};
    bytes[bit / 8] ^= mask;
    CHECK(checksum_of(bytes) != good);
    bytes[bit / 8] ^= mask;
  }
  for (std::size_t at = 4; at < bytes.size(); at += 4) {
    std::vector<std::byte> other = bytes;
    std::swap_ranges(other.begin(), other.begin() + 4, other.begin() + static_cast<std::ptrdiff_t>(at));
    CHECK(checksum_of(other) != good);
  }
}
