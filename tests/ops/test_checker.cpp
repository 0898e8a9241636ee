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

/// The same with features of `type`.
template <class Body>
std::vector<CheckRow> rows_of(DType type, const Body& body) {
  const auto backend = make_cpu_backend();
  Checker check(*backend, 5, {}, type);
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

TEST_CASE("features of 16 bits: a right result passes after one rounding and after two, a wrong one does not") {
  for (const DType type : {DType::kF16, DType::kBF16}) {
    CAPTURE(name_of(type));
    const double unit = type == DType::kF16 ? std::ldexp(1.0, -11) : std::ldexp(1.0, -8);
    const auto rows = rows_of(type, [&](Checker& check) {
      const double tolerance = check.tolerance(kElementwise);
      const Array x = check.random(Shape{33, 7}), before = check.random_feature(x.shape);
      const DeviceArray once = check.feature(x);
      Array sum = once.download(), exact = x, off = x, shifted(x.shape);
      for (Index i = 0; i < x.size(); ++i) {
        sum[i] += before[i];
        exact[i] += before[i];
        off[i] *= 1.0 + 4.0 * unit;  // two units in the last place: what a sum in 16 bits gives away
        shifted[i] = x[(i + 1) % x.size()];
      }
      check.compare("rounded once", once, x, tolerance);
      check.compare("rounded before and after a sum", check.feature(sum), exact, tolerance);
      check.compare("a few bits off", check.feature(off), x, tolerance);
      check.compare("one element further", check.feature(shifted), x, tolerance);
      Array element = x;
      element[17] = 0.0;
      check.compare("one element of 231 forgotten", check.feature(element), x, tolerance);
      check.compare("another bound where the rounding is not allowed for", once, x, kElementwise);
      check.compare("unwritten", check.poisoned_feature(x.shape), x, tolerance);
    });
    REQUIRE(rows.size() == 7);
    for (std::size_t i = 0; i < rows.size(); ++i) CHECK_MESSAGE(rows[i].passed() == (i < 2), rows[i].quantity);
  }
}

TEST_CASE("features of 16 bits: a write next to the output, and a result in the wrong type") {
  const auto rows = rows_of(DType::kBF16, [](Checker& check) {
    const Array x = check.random_feature(Shape{8});
    const DeviceArray y = check.feature(x);
    Tensor beside = y.tensor().rows(0, 1);
    beside.data = static_cast<std::byte*>(beside.data) + 16;
    check.backend().fill(beside, 0.0f);
    check.compare("y", y, x, kExact);
    const DeviceArray halves = check.poisoned_feature(x.shape);
    check.backend().cast(check.device(x), {halves.tensor().data, DType::kF16, x.shape});
    check.compare("f16 bits read as bf16", halves, x, check.tolerance(kSum));
  });
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].passed());
  CHECK(!rows[1].passed());
  CHECK(!rows[2].passed());
}

TEST_CASE("random features survive the way to the device and back, in every type") {
  for (const DType type : {DType::kF32, DType::kF16, DType::kBF16}) {
    CAPTURE(name_of(type));
    const auto rows = rows_of(type, [](Checker& check) {
      const Array x = check.random_feature(Shape{1000}, -3.0f, 3.0f);
      check.compare("there and back", check.feature(x), x, kExact);
    });
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].passed());
  }
}

TEST_CASE("tolerances: f32 features keep them, 16 bits loosen what is stored as features, tf32 what is a product") {
  const auto backend = make_cpu_backend();
  const Checker plain(*backend, 1), tf32(*backend, 1, {.products = Precision::kTf32}),
      half(*backend, 1, {}, DType::kF16);
  CHECK(plain.tolerance(kSum) == kSum);
  CHECK(plain.feature_product_tolerance(kSum) == kSum);
  CHECK(tf32.tolerance(kSum) == kSum);
  CHECK(tf32.product_tolerance(kSum) == 1e-3);
  CHECK(tf32.feature_product_tolerance(kSum) == 1e-3);
  CHECK(half.tolerance(kSum) == std::ldexp(1.0, -10));
  CHECK(half.tolerance(0.5) == 0.5);
  CHECK(half.product_tolerance(kSum) == kSum);
}

TEST_CASE("with tf32, random features have 10 bits of mantissa, so that their products are exact") {
  const auto backend = make_cpu_backend();
  Checker check(*backend, 3, {.products = Precision::kTf32});
  bool finer_than_half = false;  // f32's exponents remain
  check.run("", "", [&] {
    for (const double value : check.random_feature(Shape{1000}, -1e-6f, 1e-6f).values) {
      int exponent = 0;
      const double units = std::ldexp(std::frexp(value, &exponent), 11);
      CHECK(units == std::nearbyint(units));
      finer_than_half |= value != static_cast<double>(float_from_half(half_from_float(static_cast<float>(value))));
    }
  });
  CHECK(finer_than_half);
}
