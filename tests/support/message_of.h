// Errors, caught and looked at.
#pragma once
#include <doctest/doctest.h>
#include <string>

#include "core/error.h"

namespace mdd::test {

/// The message of the Error(kind) that `call` throws; fails the test if it throws none.
template <class Call>
std::string message_of(ErrorKind kind, const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
  FAIL("nothing was thrown");
  return {};
}

}  // namespace mdd::test
