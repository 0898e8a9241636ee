// The project's one error type. Its kind decides the exit code of the program; its text is one line that says
// what is wrong, where, what was expected and what was found.
#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

namespace mdd {

enum class ErrorKind {
  kRuntime,      ///< a run-time failure: disk full, unwritable output, an internal inconsistency
  kUsage,        ///< the caller asked for something that does not exist: unknown option, impossible value
  kData,         ///< bad data or weights: unreadable image, malformed archive, tensor of another shape
  kDevice,       ///< the device that was asked for is not there
  kBarNotMet,    ///< a requested bar was not met (selfcheck, required metric)
  kInterrupted,  ///< a signal ended the run after a checkpoint was written
};

/// Text that may quote anything, fit for one line of a terminal or a log: control characters, those of UTF-8 (U+0080 to
/// U+009F) too, become \xHH; beyond 4000 bytes it is cut and ends in "...".
[[nodiscard]] std::string one_line(std::string_view text);

class Error : public std::runtime_error {
 public:
  /// What the text quotes (names, chunks, excerpts of files) comes from anywhere: it is made one_line().
  Error(ErrorKind kind, std::string_view text) : std::runtime_error(one_line(text)), kind_(kind) {}
  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

/// Exit code of the program for an error of this kind (documented in README.md): 1, 2, 3, 4, 5, 130.
[[nodiscard]] int exit_code(ErrorKind kind) noexcept;

[[noreturn]] void fail(ErrorKind kind, const std::string& text);

/// Bad data or weights: "<where>: <what>: expected <expected>, found <found>".
[[noreturn]] void fail_data(const std::string& where, const std::string& what, const std::string& expected,
                            const std::string& found);

/// A broken promise between two pieces of our own code (a `requires` clause); never the user's fault.
/// Throws Error(kRuntime) naming `what` unless `condition` holds.
inline void require(bool condition, const char* what) {
  if (!condition) fail(ErrorKind::kRuntime, std::string("internal error: requirement not met: ") + what);
}

}  // namespace mdd
