// Runs the built program as a child process, the way a script does.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace mdd::test {

/// How a child is started.
struct Launch {
  std::chrono::seconds timeout{300};             ///< then its whole process group is killed
  std::optional<std::uint64_t> file_limit = {};  ///< no file of the child grows beyond this: a full disk
  std::string standard_output = {};              ///< file that receives stdout instead of Outcome::out
  std::string standard_input = {};               ///< file or named pipe that stdin reads
};

/// What a child left behind.
struct Outcome {
  int code = 0;  ///< exit code; -N if signal N ended it
  bool timed_out = false;
  std::string out, err;
};

/// A running child in a process group of its own.
class Program {
 public:
  explicit Program(const std::vector<std::string>& arguments, const Launch& launch = {});
  /// Kills the group if it still runs.
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Waits until stderr has said `text`; false if the child ended, or time is up, before that.
  bool wait_for_error_text(const std::string& text);
  /// The same for stdout.
  bool wait_for_output_text(const std::string& text);
  void send(int signal) const;
  [[nodiscard]] Outcome wait();

 private:
  /// Reads what is there, up to a tenth of a second long; false once both streams are closed.
  bool read_some();
  void kill_group();
  bool wait_for_text(const std::string& said, const std::string& text);

  pid_t pid_ = -1;
  int out_ = -1, err_ = -1;
  std::chrono::steady_clock::time_point deadline_;
  Outcome outcome_;
};

/// Starts the program, waits, returns.
[[nodiscard]] Outcome mddnet(const std::vector<std::string>& arguments, const Launch& launch = {});

/// Exit code and all that was said, for the messages of failed checks.
[[nodiscard]] std::string describe(const Outcome& outcome);

/// The lines of `text` that begin with "mddnet: ".
[[nodiscard]] std::vector<std::string> complaints(const std::string& text);

/// Whether the program refused: this exit code, one complaint, which contains `part`, and no sign of a crash.
[[nodiscard]] bool is_refusal(const Outcome& outcome, int code, const std::string& part);

}  // namespace mdd::test

#define CHECK_REFUSED(outcome, exit_code, part)                                                                  \
  do {                                                                                                           \
    const mdd::test::Outcome refused_ = (outcome);                                                               \
    CHECK_MESSAGE(mdd::test::is_refusal(refused_, exit_code, part), "expected exit ", exit_code, " and '", part, \
                  "', found ", mdd::test::describe(refused_));                                                   \
  } while (false)

#define CHECK_SUCCEEDED(outcome)                                                      \
  do {                                                                                \
    const mdd::test::Outcome done_ = (outcome);                                       \
    CHECK_MESSAGE((done_.code == 0 && !done_.timed_out), mdd::test::describe(done_)); \
  } while (false)
