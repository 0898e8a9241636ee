#include "core/error.h"

namespace mdd {

int exit_code(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::kRuntime:
      return 1;
    case ErrorKind::kUsage:
      return 2;
    case ErrorKind::kData:
      return 3;
    case ErrorKind::kDevice:
      return 4;
    case ErrorKind::kBarNotMet:
      return 5;
    case ErrorKind::kInterrupted:
      return 130;
  }
  return 1;
}

void fail(ErrorKind kind, const std::string& text) { throw Error(kind, text); }

void fail_data(const std::string& where, const std::string& what, const std::string& expected,
               const std::string& found) {
  fail(ErrorKind::kData, where + ": " + what + ": expected " + expected + ", found " + found);
}

}  // namespace mdd
