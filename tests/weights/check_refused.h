#pragma once
#include <doctest/doctest.h>
#include <string>

/// Checks that a message (of error_of) contains `text`, and shows the message if it does not.
#define CHECK_REFUSED(text, ...)                                     \
  do {                                                               \
    const std::string message = (__VA_ARGS__);                       \
    CHECK_MESSAGE(message.find(text) != std::string::npos, message); \
  } while (false)
