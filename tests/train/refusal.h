// Errors, caught and looked at.
#pragma once
#include <doctest/doctest.h>
#include <functional>
#include <initializer_list>
#include <string>

#include "core/error.h"

namespace mdd::test {

/// `call` must throw an Error of this kind whose text contains all of `texts`.
inline void check_refused(ErrorKind kind, std::initializer_list<std::string> texts, const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    const std::string message = error.what();
    CHECK_MESSAGE(error.kind() == kind, message);
    for (const std::string& text : texts) {
      CHECK_MESSAGE(message.find(text) != std::string::npos, "'" << text << "' is not in: " << message);
    }
    return;
  }
  FAIL_CHECK("nothing was refused");
}

}  // namespace mdd::test
