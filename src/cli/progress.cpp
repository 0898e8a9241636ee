#include "cli/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fmt/core.h>
#include <unistd.h>

namespace mdd::cli {
namespace {
constexpr auto kRedraw = std::chrono::milliseconds(200);
constexpr auto kLine = std::chrono::seconds(5);
constexpr std::int64_t kBarWidth = 24;
}  // namespace

std::string clock_text(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "?";
  const auto whole = static_cast<std::int64_t>(seconds);
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

Progress::Progress(bool quiet)
    : quiet_(quiet), terminal_(::isatty(STDERR_FILENO) != 0), last_(Clock::now() - std::chrono::hours(1)) {}

Progress::~Progress() {
  if (drawn_) std::fputc('\n', stderr);
}

void Progress::clear() {
  if (drawn_) std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

void Progress::update(std::int64_t done, std::int64_t total, const std::string& detail) {
  if (quiet_) return;
  const auto now = Clock::now();
  if (done < total && now - last_ < (terminal_ ? Clock::duration(kRedraw) : Clock::duration(kLine))) return;
  last_ = now;
  if (!terminal_) {
    fmt::print(stderr, "{}/{} {}\n", done, total, detail);
    return;
  }
  const std::int64_t filled = total > 0 ? std::clamp<std::int64_t>(done * kBarWidth / total, 0, kBarWidth) : 0;
  fmt::print(stderr, "\r\033[K[{:#<{}}{:-<{}}] {}/{} {}", "", filled, "", kBarWidth - filled, done, total, detail);
  std::fflush(stderr);
  drawn_ = true;
}

void Progress::message(const std::string& text) {
  if (quiet_) return;
  clear();
  fmt::print(stderr, "{}\n", text);
}

}  // namespace mdd::cli
