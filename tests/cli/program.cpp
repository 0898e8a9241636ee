#include "cli/program.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sstream>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;  // NOLINT(readability-redundant-declaration): no header declares it without extensions

namespace mdd::test {
namespace {

using Clock = std::chrono::steady_clock;

/// Two threads that do not spin while they wait: other tests may run on the same cores.
std::vector<std::string> child_environment() {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (std::string(*entry).rfind("OMP_", 0) != 0) out.emplace_back(*entry);
  }
  out.emplace_back("OMP_NUM_THREADS=2");
  out.emplace_back("OMP_WAIT_POLICY=passive");
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// Between fork and exec: only calls that are safe there.
[[noreturn]] void become(const Launch& launch, int out, int err, char* const* arguments, char* const* environment) {
  ::setpgid(0, 0);
  if (launch.file_limit) {
    const rlimit limit{*launch.file_limit, *launch.file_limit};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::signal(SIGXFSZ, SIG_IGN);  // stays ignored: write() then fails as on a full disk
  }
  if (!launch.standard_output.empty()) out = ::open(launch.standard_output.c_str(), O_WRONLY);
  if (!launch.standard_input.empty()) ::dup2(::open(launch.standard_input.c_str(), O_RDONLY), STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  ::execve(arguments[0], arguments, environment);
  ::_exit(127);
}

/// Appends what can be read; closes the descriptor at its end.
void drain(int& descriptor, std::string& to) {
  std::array<char, 4096> block;
  const ssize_t got = ::read(descriptor, block.data(), block.size());
  if (got > 0) {
    to.append(block.data(), static_cast<std::size_t>(got));
  } else if (got == 0 || errno != EINTR) {
    ::close(descriptor);
    descriptor = -1;
  }
}

}  // namespace

Program::Program(const std::vector<std::string>& arguments, const Launch& launch)
    : deadline_(Clock::now() + launch.timeout) {
  std::vector<std::string> words{MDDNET_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = child_environment();
  const std::vector<char*> argv = pointers(words), envp = pointers(variables);
  std::array<int, 2> out{}, err{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) become(launch, out[1], err[1], argv.data(), envp.data());
  ::setpgid(pid_, pid_);  // here too: whoever comes first
  ::close(out[1]);
  ::close(err[1]);
  out_ = out[0];
  err_ = err[0];
}

Program::~Program() {
  if (pid_ > 0) {
    kill_group();
    ::waitpid(pid_, nullptr, 0);
  }
  if (out_ >= 0) ::close(out_);
  if (err_ >= 0) ::close(err_);
}

void Program::kill_group() { ::kill(-pid_, SIGKILL); }

void Program::send(int signal) const { ::kill(pid_, signal); }

bool Program::read_some() {
  std::array<pollfd, 2> streams{pollfd{out_, POLLIN, 0}, pollfd{err_, POLLIN, 0}};
  ::poll(streams.data(), streams.size(), 100);
  if (out_ >= 0 && streams[0].revents != 0) drain(out_, outcome_.out);
  if (err_ >= 0 && streams[1].revents != 0) drain(err_, outcome_.err);
  if (Clock::now() > deadline_ && !outcome_.timed_out) {
    outcome_.timed_out = true;
    kill_group();
  }
  return out_ >= 0 || err_ >= 0;
}

bool Program::wait_for_text(const std::string& said, const std::string& text) {
  while (said.find(text) == std::string::npos) {
    if (!read_some()) return false;
  }
  return !outcome_.timed_out;
}

bool Program::wait_for_error_text(const std::string& text) { return wait_for_text(outcome_.err, text); }

bool Program::wait_for_output_text(const std::string& text) { return wait_for_text(outcome_.out, text); }

Outcome Program::wait() {
  while (read_some()) {
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  outcome_.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return outcome_;
}

Outcome mddnet(const std::vector<std::string>& arguments, const Launch& launch) {
  return Program(arguments, launch).wait();
}

std::string describe(const Outcome& outcome) {
  return "exit " + std::to_string(outcome.code) + (outcome.timed_out ? " (timed out)" : "") + "\nstdout:\n" +
         outcome.out + "stderr:\n" + outcome.err;
}

std::vector<std::string> complaints(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("mddnet: ", 0) == 0) out.push_back(line);
  }
  return out;
}

bool is_refusal(const Outcome& outcome, int code, const std::string& part) {
  for (const char* sign : {"terminate called", "runtime error:", "Sanitizer", "unexpected failure", "internal error"}) {
    if (outcome.err.find(sign) != std::string::npos) return false;
  }
  const auto lines = complaints(outcome.err);
  return outcome.code == code && !outcome.timed_out && lines.size() == 1 && lines[0].find(part) != std::string::npos;
}

}  // namespace mdd::test
