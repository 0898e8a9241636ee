// The processor's backend against the float64 reference, every operation, every gradient.
#include <doctest/doctest.h>
#include <set>
#include <string>

#include "cpu/cpu_backend.h"
#include "reference/check.h"

using namespace mdd;
using reference::CheckRow;

namespace {

std::string text(const CheckRow& row) {
  return row.operation + " | " + row.shape + " | " + row.quantity + ": error " + std::to_string(row.error * 1e6) +
         "e-6, tolerance " + std::to_string(row.tolerance * 1e6) + "e-6";
}

void require_all(const std::vector<CheckRow>& rows) {
  for (const CheckRow& row : rows) CHECK_MESSAGE(row.passed(), text(row));
}

}  // namespace

TEST_CASE("the cpu backend computes what the reference computes") {
  const auto backend = make_cpu_backend();
  const std::vector<CheckRow> rows = reference::check_backend(*backend, 1);
  require_all(rows);

  std::set<std::string> operations;
  for (const CheckRow& row : rows) operations.insert(row.operation);
  CHECK(operations.size() == 32);  // a topic that drops out of the table must not go unnoticed
}

TEST_CASE(
    "bf16 products: exact up to f32's sums once their factors are rounded, and refused where they would be slow") {
  if (!cpu_has_bf16()) {
    CHECK_THROWS_AS((void)make_cpu_backend(Precision::kBf16), Error);
    MESSAGE("no AVX512-BF16 here: not computed");
    return;
  }
  const auto backend = make_cpu_backend(Precision::kBf16);
  require_all(reference::check_backend(*backend, 1, {.products = Precision::kBf16}));
  const std::vector<CheckRow> inference =
      reference::check_backend(*backend, 1, {.products = Precision::kBf16, .inference = true});
  require_all(inference);
  CHECK(inference.size() > 380);
  // Factors that bf16 cannot hold are rounded: the setting is not ignored.
  std::size_t beyond = 0;
  for (const CheckRow& row : reference::check_backend(*backend, 1, {.only = "convolution"})) beyond += !row.passed();
  CHECK(beyond > 50);
}

TEST_CASE("the CPU knows two precisions") {
  for (const Precision precision : {Precision::kTf32, Precision::kF16}) {
    CHECK_THROWS_AS((void)make_cpu_backend(precision), Error);
  }
}

TEST_CASE("another seed, and the same seed twice to the last bit") {
  const auto backend = make_cpu_backend();
  const std::vector<CheckRow> first = reference::check_backend(*backend, 2);
  const std::vector<CheckRow> second = reference::check_backend(*backend, 2);
  require_all(first);
  // A row's error is a function of every bit of an output: equal errors mean equal outputs.
  REQUIRE(first.size() == second.size());
  for (std::size_t i = 0; i < first.size(); ++i) CHECK_MESSAGE(first[i].error == second[i].error, text(first[i]));
}

TEST_CASE("the backend introduces itself") {
  const auto backend = make_cpu_backend();
  CHECK(backend->name() == "cpu");
  CHECK(!backend->description().empty());
  CHECK(backend->description().find('\n') == std::string::npos);
}

TEST_CASE("device memory is aligned to 256 bytes") {
  const auto backend = make_cpu_backend();
  const Buffer buffer(*backend, 3);
  CHECK(reinterpret_cast<std::uintptr_t>(buffer.data()) % 256 == 0);
}

#ifndef __SANITIZE_ADDRESS__  // the address sanitizer ends the program at such a request
TEST_CASE("memory that is not there is an error, not a crash") {
  const auto backend = make_cpu_backend();
  try {
    (void)backend->allocate(std::size_t{1} << 60);
    FAIL("an allocation of 2^60 bytes succeeded");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kRuntime);
    CHECK(std::string(error.what()).find("out of memory") != std::string::npos);
  }
}
#endif
