#include <cstring>
#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "core/atomic_file.h"
#include "core/error.h"
#include "report/npy.h"
#include "support/temporary_folder.h"

using namespace mdd;

TEST_CASE("npy: header and values byte by byte") {
  const test::TemporaryFolder folder;
  const std::vector<float> values{0.0f, -1.5f, 3.25f, 1e-40f, 1e30f, 6.0f};
  report::write_npy_f32(folder / "map.npy", values, 2, 3);
  const std::string bytes = read_file(folder / "map.npy", 4096);
  CHECK(bytes.substr(0, 8) == std::string("\x93NUMPY\x01\x00", 8));
  const std::size_t header = static_cast<unsigned char>(bytes[8]) + 256u * static_cast<unsigned char>(bytes[9]);
  CHECK((10 + header) % 64 == 0);
  const std::string expected = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  CHECK(bytes.substr(10, expected.size()) == expected);
  CHECK(bytes[10 + header - 1] == '\n');
  REQUIRE(bytes.size() == 10 + header + 4 * values.size());
  CHECK(std::memcmp(bytes.data() + 10 + header, values.data(), 4 * values.size()) == 0);
}

TEST_CASE("npy: data starts at a multiple of 64 for every length of the shape") {
  const test::TemporaryFolder folder;
  for (const std::int64_t width : {1, 10, 100, 1000, 10000, 100000}) {
    const std::vector<float> values(static_cast<std::size_t>(width), 1.0f);
    report::write_npy_f32(folder / "map.npy", values, 1, width);
    CHECK((read_file(folder / "map.npy", 1 << 20).size() - 4 * values.size()) % 64 == 0);
  }
}

TEST_CASE("npy: wrong extents and unwritable places are refused") {
  const test::TemporaryFolder folder;
  const std::vector<float> values(6);
  CHECK_THROWS_AS(report::write_npy_f32(folder / "map.npy", values, 2, 4), Error);
  CHECK_THROWS_AS(report::write_npy_f32(folder / "map.npy", values, -2, -3), Error);
  CHECK_THROWS_AS(report::write_npy_f32(folder / "absent/map.npy", values, 2, 3), Error);
  CHECK_FALSE(std::filesystem::exists(folder / "map.npy"));
}
