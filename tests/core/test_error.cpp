#include <doctest/doctest.h>
#include <set>
#include <string>

#include "core/error.h"

using namespace mdd;

TEST_CASE("every kind of error has its documented exit code") {
  CHECK(exit_code(ErrorKind::kRuntime) == 1);
  CHECK(exit_code(ErrorKind::kUsage) == 2);
  CHECK(exit_code(ErrorKind::kData) == 3);
  CHECK(exit_code(ErrorKind::kDevice) == 4);
  CHECK(exit_code(ErrorKind::kBarNotMet) == 5);
  CHECK(exit_code(ErrorKind::kInterrupted) == 130);
}

TEST_CASE("a data error says where, what, expected and found") {
  try {
    fail_data("weights.bin", "tensor fc.bias", "[1000]", "[10]");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kData);
    CHECK(std::string(error.what()) == "weights.bin: tensor fc.bias: expected [1000], found [10]");
    return;
  }
  FAIL("nothing was thrown");
}

TEST_CASE("an error is one line, whatever it quotes") {
  const auto text_of = [](const std::string& text) { return std::string(Error(ErrorKind::kData, text).what()); };
  CHECK(text_of("a\nb\x1b[31m\x7f") == "a\\x0ab\\x1b[31m\\x7f");
  CHECK(text_of(std::string("zero\0", 5)) == "zero\\x00");
  CHECK(text_of("\xc3\xa4 \xc2\x85") == "\xc3\xa4 \xc2\\x85");
  const std::string cut = text_of(std::string(100000, 'x'));
  CHECK(cut.size() < 4096);
  CHECK(cut.ends_with("x..."));
}

TEST_CASE("a requirement that holds is silent, one that does not is ours") {
  CHECK_NOTHROW(require(true, "shapes agree"));
  try {
    require(false, "shapes agree");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kRuntime);
    CHECK(std::string(error.what()).find("shapes agree") != std::string::npos);
    return;
  }
  FAIL("nothing was thrown");
}
