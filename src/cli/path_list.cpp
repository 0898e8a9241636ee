#include "cli/path_list.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <poll.h>
#include <unistd.h>

#include "cli/command.h"
#include "core/error.h"
#include "data/dataset.h"

namespace mdd::cli {
namespace {

constexpr std::size_t kLongestPath = 4096;
constexpr int kPollMilliseconds = 100;  // how late a stop is noticed

bool stopped(const std::stop_token& stop) { return stop.stop_requested() || stop_requested().load(); }

/// Standard input, record by record.
class Records {
 public:
  explicit Records(char separator) : separator_(separator) {}

  /// The next record without its separator, cut behind kLongestPath + 1 bytes; nothing at the end or on a stop. Throws
  /// Error(kData) if standard input cannot be read.
  std::optional<std::string> next(const std::stop_token& stop) {
    std::string record;
    for (;;) {
      const auto begin = block_.begin() + at_, end = block_.begin() + filled_;
      const auto found = std::find(begin, end, separator_);
      const auto room = static_cast<std::ptrdiff_t>(kLongestPath + 1 - record.size());
      record.append(begin, begin + std::min(found - begin, room));
      at_ = found - block_.begin();
      if (found != end) {
        ++at_;
        return record;
      }
      if (!fill(stop)) {
        if (record.empty() || stopped(stop)) return std::nullopt;  // half a path is none
        return record;                                             // the last one needs no separator
      }
    }
  }

 private:
  /// Waits for the next bytes; false at the end or on a stop.
  bool fill(const std::stop_token& stop) {
    at_ = filled_ = 0;
    while (!stopped(stop)) {
      pollfd input{STDIN_FILENO, POLLIN, 0};
      if (::poll(&input, 1, kPollMilliseconds) <= 0) continue;
      const ssize_t got = ::read(STDIN_FILENO, block_.data(), block_.size());
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (got < 0) fail(ErrorKind::kData, std::string("cannot read standard input: ") + std::strerror(errno));
      filled_ = got;
      return got > 0;
    }
    return false;
  }

  char separator_;
  std::array<char, 65536> block_{};
  std::ptrdiff_t at_ = 0, filled_ = 0;
};

class PathList {
 public:
  PathList(std::vector<std::string> arguments, bool null_separated)
      : arguments_(std::move(arguments)), records_(null_separated ? '\0' : '\n') {}

  std::optional<data::PathEntry> next(const std::stop_token& stop) {
    std::string path = "-";
    try {
      while (!stopped(stop)) {
        if (next_found_ < found_.size()) return data::PathEntry{std::move(found_[next_found_++]), nullptr};
        path = "-";
        std::optional<std::string> found = next_path(stop);
        if (!found) return std::nullopt;
        path = std::move(*found);
        found_ = list(path);
        next_found_ = 0;
      }
    } catch (const Error&) {
      return data::PathEntry{path, std::current_exception()};
    }
    return std::nullopt;
  }

 private:
  /// From the arguments, and from standard input where "-" stands among them. Throws Error(kData), once, if that cannot
  /// be read or holds nothing.
  std::optional<std::string> next_path(const std::stop_token& stop) {
    for (;;) {
      while (reading_input_) {
        reading_input_ = false;  // also if the next line throws
        std::optional<std::string> record = records_.next(stop);
        reading_input_ = record.has_value();
        if (record && record->empty()) continue;
        any_record_ = any_record_ || record;
        if (record) return record;
        if (!any_record_ && !stopped(stop)) fail_data("standard input", "list of paths", "a path", "none");
      }
      if (next_argument_ == arguments_.size()) return std::nullopt;
      const std::string& argument = arguments_[next_argument_++];
      if (argument != "-") return argument;
      reading_input_ = true;
    }
  }

  static std::vector<std::filesystem::path> list(const std::string& path) {
    if (path.size() > kLongestPath) {
      fail_data("standard input", "path " + path.substr(0, 40) + "...", "at most 4096 bytes", "more");
    }
    if (path.find('\0') != std::string::npos) {
      fail_data("standard input", "path " + path.substr(0, path.find('\0')), "a line of text",
                "a zero byte; lists of that kind need --null");
    }
    return data::list_images(path);
  }

  const std::vector<std::string> arguments_;
  std::size_t next_argument_ = 0;
  Records records_;
  bool reading_input_ = false, any_record_ = false;
  std::vector<std::filesystem::path> found_;  ///< what the last path stands for
  std::size_t next_found_ = 0;
};

}  // namespace

bool reads_standard_input(const std::vector<std::string>& arguments) {
  return std::find(arguments.begin(), arguments.end(), "-") != arguments.end();
}

data::PathSource list_paths(std::vector<std::string> arguments, bool null_separated) {
  const auto list = std::make_shared<PathList>(std::move(arguments), null_separated);
  return [list](const std::stop_token& stop) { return list->next(stop); };
}

}  // namespace mdd::cli
