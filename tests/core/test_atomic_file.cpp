#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <signal.h>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/atomic_file.h"
#include "core/error.h"
#include "support/message_of.h"
#include "support/temporary_folder.h"

using namespace mdd;
using mdd::test::message_of;
using mdd::test::TemporaryFolder;

namespace {

constexpr std::uint64_t kMebibyte = 1 << 20;

std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

}  // namespace

TEST_CASE("a file is written, replaced and read back whole") {
  const TemporaryFolder folder;
  const auto path = folder / "model.safetensors";
  const std::string zeros("a\0b\n", 4);
  write_atomically(path, zeros);
  CHECK(read_file(path, kMebibyte) == zeros);
  write_atomically(path, [](const ByteSink& sink) {
    for (const std::string_view part : {"one ", "two ", "", "three"}) sink(std::as_bytes(std::span(part)));
  });
  CHECK(read_file(path, kMebibyte) == "one two three");
  write_atomically(path, "");
  CHECK(read_file(path, kMebibyte).empty());
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("a file has the permissions that any new file would have") {
  const TemporaryFolder folder;
  const mode_t old_mask = ::umask(027);
  write_atomically(folder / "file", "x");
  ::umask(old_mask);
  struct stat status {};
  REQUIRE(::stat((folder / "file").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("a producer that throws leaves the old file and nothing else") {
  const TemporaryFolder folder;
  const auto path = folder / "file";
  write_atomically(path, "old");
  const auto produce = [](const ByteSink& sink) {
    sink(std::as_bytes(std::span(std::string_view("half of the new"))));
    fail(ErrorKind::kData, "the source ran dry");
  };
  CHECK(message_of(ErrorKind::kData, [&] { write_atomically(path, produce); }) == "the source ran dry");
  CHECK(read_file(path, kMebibyte) == "old");
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("while it is being written the old file is there") {
  const TemporaryFolder folder;
  const auto path = folder / "file";
  write_atomically(path, "old");
  write_atomically(path, [&](const ByteSink& sink) {
    sink(std::as_bytes(std::span(std::string_view("new"))));
    CHECK(read_file(path, kMebibyte) == "old");
  });
  CHECK(read_file(path, kMebibyte) == "new");
}

TEST_CASE("a full disk leaves the old file intact and says so") {
  const TemporaryFolder folder;
  const auto path = folder / "file";
  write_atomically(path, "old");
  // A limit on the size of files stands in for a full disk; it is a process's for good, hence the child.
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{8192, 8192};
    int code = ::setrlimit(RLIMIT_FSIZE, &limit) == 0 ? 1 : 2;
    try {
      write_atomically(path, std::string(100000, 'n'));
    } catch (const Error& error) {
      const std::string text = error.what();
      if (code == 1 && error.kind() == ErrorKind::kRuntime &&
          text.starts_with("cannot write " + path.string() + ": ")) {
        code = 0;
      }
    }
    ::_exit(code);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(read_file(path, kMebibyte) == "old");
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("a device is written to and stays a device") {
  write_atomically("/dev/null", "text");
  CHECK(std::filesystem::is_character_file("/dev/null"));
  CHECK_THROWS_WITH_AS(write_atomically("/dev/full", "text"), "cannot write /dev/full: No space left on device", Error);
  CHECK(std::filesystem::is_character_file("/dev/full"));
}

TEST_CASE("a place that cannot be written to is named") {
  const TemporaryFolder folder;
  const auto missing = folder / "missing" / "file";
  CHECK(message_of(ErrorKind::kRuntime, [&] { write_atomically(missing, "x"); }) ==
        "cannot write " + missing.string() + ": No such file or directory");
  CHECK(!std::filesystem::exists(folder / "missing"));
  // A folder in the file's place.
  std::filesystem::create_directories(folder / "taken" / "inside");
  (void)message_of(ErrorKind::kRuntime, [&] { write_atomically(folder / "taken", "x"); });
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("reading: missing files, folders and files beyond the limit") {
  const TemporaryFolder folder;
  const auto path = folder / "file";
  CHECK(message_of(ErrorKind::kData, [&] { (void)read_file(path, 10); }).find(path.string()) != std::string::npos);
  CHECK(message_of(ErrorKind::kData, [&] { (void)read_file(folder.path(), 10); }).find("folder") != std::string::npos);
  write_atomically(path, "0123456789");
  CHECK(read_file(path, 10) == "0123456789");
  CHECK(message_of(ErrorKind::kData, [&] { (void)read_file(path, 9); }).find("at most 9 bytes") != std::string::npos);
  // A stream without end stops at the limit.
  (void)message_of(ErrorKind::kData, [] { (void)read_file("/dev/zero", kMebibyte); });
}
