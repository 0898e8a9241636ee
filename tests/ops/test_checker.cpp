// The checker must be able to fail: wrong values, NaN, unwritten elements, writes out of bounds, exceptions.
#include <cmath>
#include <doctest/doctest.h>
#include <limits>

#include "cpu/cpu_backend.h"
#include "reference/checker.h"

using namespace mdd;
using namespace mdd::reference;

namespace {

/// Rows of one case whose body is `body(check)`.
template <class Body>
std::vector<CheckRow> rows_of(const Body& body) {
  const auto backend = make_cpu_backend();
  Checker check(*backend, 5);
  check.run("operation", "shape", [&] { body(check); });
  return check.take();
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("relative error") {
  const Array expected(Shape{2}, {3.0, 4.0});
  CHECK(relative_error(expected, expected) == 0.0);
  CHECK(relative_error(Array(Shape{2}, {3.0, 4.5}), expected) == doctest::Approx(0.1));
  CHECK(relative_error(Array(Shape{2}, {3.0, 4.5}), expected, 50.0) == doctest::Approx(0.01));
  CHECK(relative_error(Array(Shape{2}, {0.0, 0.25}), Array(Shape{2})) == doctest::Approx(0.25));
  CHECK(relative_error(Array(Shape{2}, {kNan, 4.0}), expected) == kInfinity);
  CHECK(relative_error(Array(Shape{2}, {kInfinity, 4.0}), expected) == kInfinity);
  CHECK(relative_error(Array(Shape{3}), expected) == kInfinity);
}

TEST_CASE("a row passes up to its tolerance and never with NaN") {
  CHECK(CheckRow{"", "", "", 1e-5, 1e-5}.passed());
  CHECK(!CheckRow{"", "", "", 1.1e-5, 1e-5}.passed());
  CHECK(!CheckRow{"", "", "", kNan, 1.0}.passed());
}

TEST_CASE("a right output passes, a wrong one does not") {
  const auto rows = rows_of([](Checker& check) {
    const Array x = check.random(Shape{3, 5});
    Array wrong = x;
    wrong[7] += 1e-3;
    const DeviceArray device = check.device(x);
    check.compare("right", device, x, kSum);
    check.compare("wrong", device, wrong, kSum);
  });
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].passed());
  CHECK(!rows[1].passed());
  CHECK(rows[1].operation == "operation");
  CHECK(rows[1].shape == "shape");
}

TEST_CASE("an unwritten element fails, for every type that can hold the mark") {
  const auto rows = rows_of([](Checker& check) {
    const DeviceArray y = check.poisoned(Shape{4});
    check.backend().fill(y.tensor().rows(0, 3), 0.0f);
    check.compare("three of four", y, Array(Shape{4}), 1e30);
    const DeviceArray mask = check.poisoned(Shape{4}, DType::kU8);
    check.compare("bytes", mask, Array(Shape{4}), 1.0);
  });
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].error == kInfinity);
  CHECK(!rows[1].passed());
}

TEST_CASE("a write next to the output fails on either side") {
  for (const std::ptrdiff_t offset : {-4, 16}) {
    const auto rows = rows_of([&](Checker& check) {
      const DeviceArray y = check.device(Array(Shape{4}));
      Tensor beside = y.tensor().rows(0, 1);
      beside.data = static_cast<std::byte*>(beside.data) + offset;
      check.backend().fill(beside, 0.0f);
      check.compare("y", y, Array(Shape{4}), kExact);
    });
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].passed());
    CHECK(!rows[1].passed());
  }
}

TEST_CASE("an exception becomes a failing row that quotes it") {
  const auto rows = rows_of([](Checker&) { fail(ErrorKind::kRuntime, "no such thing"); });
  REQUIRE(rows.size() == 1);
  CHECK(!rows[0].passed());
  CHECK(rows[0].quantity == "threw: no such thing");
}

TEST_CASE("a refusal must throw the right kind and change nothing") {
  const auto rows = rows_of([](Checker& check) {
    const DeviceArray y = check.device(Array(Shape{2}));
    check.refuses("as promised", y, [] { fail(ErrorKind::kRuntime, "no"); });
    check.refuses("nothing thrown", y, [] {});
    check.refuses("another kind", y, [] { fail(ErrorKind::kData, "no"); });
    check.refuses("y changed", y, [&] {
      check.backend().fill(y, 1.0f);
      fail(ErrorKind::kRuntime, "no");
    });
  });
  REQUIRE(rows.size() == 4);
  CHECK(rows[0].passed());
  for (std::size_t i = 1; i < 4; ++i) CHECK(!rows[i].passed());
}

TEST_CASE("finite differences find a known gradient") {
  const Array x(Shape{3}, {0.5, -1.0, 2.0});
  const Array gradient = numeric_gradient(x, [](const Array& v) { return v[0] * v[0] * v[0] + v[1] * v[2]; });
  CHECK(relative_error(gradient, Array(Shape{3}, {0.75, 2.0, -1.0})) < 1e-9);
}

TEST_CASE("random input depends on the seed and the case, and is representable in f32") {
  const auto backend = make_cpu_backend();
  std::vector<std::vector<double>> draws;
  for (const std::uint64_t seed : {1, 1, 2}) {
    Checker check(*backend, seed);
    for (int i = 0; i < 2; ++i) check.run("", "", [&] { draws.push_back(check.random(Shape{8}).values); });
  }
  CHECK(draws[0] == draws[2]);
  CHECK(draws[0] != draws[1]);
  CHECK(draws[0] != draws[4]);
  for (const double value : draws[0]) CHECK(value == static_cast<double>(static_cast<float>(value)));
}
