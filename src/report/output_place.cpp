#include "report/output_place.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <unistd.h>

#include "core/error.h"

namespace mdd::report {
namespace {

[[noreturn]] void fail_place(const char* what, const std::filesystem::path& path, const std::string& why) {
  fail(ErrorKind::kRuntime, std::string("cannot ") + what + " " + path.string() + ": " + why);
}

/// Makes a file of another name beside `path` and removes it again; returns errno, 0 if that worked.
int try_neighbour(const std::filesystem::path& path) {
  const std::string name = path.string() + "." + std::to_string(::getpid()) + ".probe";
  const int descriptor = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return errno;
  ::close(descriptor);
  ::unlink(name.c_str());
  return 0;
}

}  // namespace

void check_file_place(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  if (std::filesystem::is_directory(status)) fail_place("write", path, std::strerror(EISDIR));
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {  // a pipe or /dev/stdout
    if (::access(path.c_str(), W_OK) != 0) fail_place("write", path, std::strerror(errno));
    return;
  }
  if (const int error = try_neighbour(path); error != 0) fail_place("write", path, std::strerror(error));
}

void prepare_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail_place("create", folder, error.message());
  if (const int code = try_neighbour(folder / "probe"); code != 0) {
    fail_place("write into", folder, std::strerror(code));
  }
}

}  // namespace mdd::report
