#include <csignal>

#include "cli/command.h"

namespace mdd::cli {
namespace {

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may set it");

void on_signal(int number) {
  if (stop.exchange(true)) std::_Exit(128 + number);  // asked twice: do not wait for the step to end
}

}  // namespace

const std::atomic<bool>& stop_requested() { return stop; }

void install_signal_handlers() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

}  // namespace mdd::cli
