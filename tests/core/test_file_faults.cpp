// Every call that writes a file, made to fail once at every place where it is called: a clear error, the older file
// intact, nothing else left behind, no descriptor lost, and the next attempt succeeds.
#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <set>
#include <string>
#include <sys/types.h>

#include "core/atomic_file.h"
#include "core/error.h"
#include "support/temporary_folder.h"

using namespace mdd;

namespace {

/// What the wrapped calls below do while a test wants it.
struct Fault {
  std::string call;      ///< "" = none
  int passed_first = 0;  ///< calls of that name that work as usual
  int error = 0;         ///< errno; 0 = the call does only a part of its work, or none
  bool happened = false;
};
Fault fault;

bool happens(const char* call) {
  if (fault.happened || fault.call != call || fault.passed_first-- > 0) return false;
  fault.happened = true;
  errno = fault.error;
  return true;
}

constexpr std::uint64_t kMebibyte = 1 << 20;

void write_new(const std::filesystem::path& path) {
  write_atomically(path, [](const ByteSink& sink) {
    for (const std::string_view part : {"one ", "two ", "three"}) sink(std::as_bytes(std::span(part)));
  });
}

std::size_t entries_of(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

}  // namespace

// The linker sends the project's calls here (--wrap), and __real_ ones on to the library. The names are the linker's.
extern "C" {
int __real_open(const char* path, int flags, ...);
ssize_t __real_write(int file, const void* bytes, std::size_t count);
ssize_t __real_read(int file, void* bytes, std::size_t count);
int __real_fsync(int file);
int __real_close(int file);
int __real_rename(const char* from, const char* to);

int __wrap_open(const char* path, int flags, ...) {
  if (happens("open")) return -1;
  va_list more;
  va_start(more, flags);
  const unsigned mode = (flags & O_CREAT) != 0 ? va_arg(more, unsigned) : 0;
  va_end(more);
  return __real_open(path, flags, mode);
}
ssize_t __wrap_write(int file, const void* bytes, std::size_t count) {
  if (!happens("write")) return __real_write(file, bytes, count);
  return fault.error != 0 ? -1 : 0;
}
ssize_t __wrap_read(int file, void* bytes, std::size_t count) {
  return happens("read") ? -1 : __real_read(file, bytes, count);
}
int __wrap_fsync(int file) { return happens("fsync") ? -1 : __real_fsync(file); }
int __wrap_close(int file) {
  const int result = __real_close(file);  // a close that fails has closed all the same
  return happens("close") ? -1 : result;
}
int __wrap_rename(const char* from, const char* to) { return happens("rename") ? -1 : __real_rename(from, to); }
}

TEST_CASE("whichever call fails, and whichever of its kind: the old file stays, and nothing else") {
  const test::TemporaryFolder folder;
  const auto path = folder / "model.safetensors";
  const std::size_t descriptors = entries_of("/proc/self/fd");
  std::set<std::string> failed;
  for (const std::string call : {"open", "write", "fsync", "close", "rename"}) {
    for (const int error : {ENOSPC, EIO, 0}) {
      if (error == 0 && call != "write") continue;  // only a write can do nothing without an error
      for (int number = 0;; ++number) {
        CAPTURE(call);
        CAPTURE(number);
        write_atomically(path, "old");
        fault = {call, number, error, false};
        std::string message;
        try {
          write_new(path);
        } catch (const Error& refusal) {
          CHECK(refusal.kind() == ErrorKind::kRuntime);
          message = refusal.what();
        }
        const bool happened = fault.happened;
        fault = {};
        if (!happened) break;
        CHECK(entries_of(folder.path()) == 1);
        CHECK(entries_of("/proc/self/fd") == descriptors);
        if (message.empty()) {
          // The folder's own sync and its descriptor come last and are best effort: the file is whole by then.
          CHECK(read_file(path, kMebibyte) == "one two three");
        } else {
          CHECK(message == "cannot write " + path.string() + ": " + std::strerror(error != 0 ? error : ENOSPC));
          CHECK(read_file(path, kMebibyte) == "old");
          failed.insert(call);
        }
        write_new(path);
        CHECK(read_file(path, kMebibyte) == "one two three");
      }
    }
  }
  CHECK(failed.size() == 5);
}

TEST_CASE("interrupted calls are repeated") {
  const test::TemporaryFolder folder;
  fault = {"write", 1, EINTR, false};
  write_new(folder / "file");
  CHECK(fault.happened);
  fault = {"read", 0, EINTR, false};
  CHECK(read_file(folder / "file", kMebibyte) == "one two three");
  CHECK(fault.happened);
  fault = {};
}

TEST_CASE("a file that takes another one's place, or cannot") {
  const test::TemporaryFolder folder;
  write_atomically(folder / "new", "new");
  write_atomically(folder / "old", "old");
  fault = {"rename", 0, EIO, false};
  CHECK_THROWS_WITH_AS(replace_file(folder / "new", folder / "old"),
                       ("cannot write " + (folder / "old").string() + ": " + std::strerror(EIO)).c_str(), Error);
  fault = {};
  CHECK(read_file(folder / "old", kMebibyte) == "old");
  replace_file(folder / "new", folder / "old");
  CHECK(read_file(folder / "old", kMebibyte) == "new");
  CHECK(entries_of(folder.path()) == 1);
}

TEST_CASE("a file that cannot be read, and names of files that are not whole") {
  const test::TemporaryFolder folder;
  write_atomically(folder / "file", "text");
  fault = {"read", 0, EIO, false};
  CHECK_THROWS_WITH_AS(static_cast<void>(read_file(folder / "file", kMebibyte)),
                       ("cannot read " + (folder / "file").string() + ": " + std::strerror(EIO)).c_str(), Error);
  fault = {};
  std::filesystem::path temporary;
  write_atomically(folder / "file", [&](const ByteSink&) {
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
      if (entry.path() != folder / "file") temporary = entry.path();
    }
  });
  CHECK(is_temporary_name(temporary));
  for (const char* name : {"notes.tmp", "a.b.tmp", "a.1-.txt", "a.-.tmp", ".tmp", "model.safetensors"}) {
    CAPTURE(name);
    CHECK_FALSE(is_temporary_name(name));
  }
}
