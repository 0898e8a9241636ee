// Progress on stderr: a bar that redraws itself on a terminal, else a line every few seconds.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace mdd::cli {

class Progress {
 public:
  /// quiet: nothing is printed, messages neither.
  explicit Progress(bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// done of total, and what else to say beside it.
  void update(std::int64_t done, std::int64_t total, const std::string& detail);
  /// A line of its own.
  void message(const std::string& text);

 private:
  using Clock = std::chrono::steady_clock;
  void clear();

  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  Clock::time_point last_;
};

/// "1:02:03", "2:03".
[[nodiscard]] std::string clock_text(double seconds);

}  // namespace mdd::cli
