#include "core/atomic_file.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "core/error.h"

namespace mdd {
namespace {

/// Owns a descriptor; close errors matter only on the success path, which calls close_checked.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

[[noreturn]] void fail_write(const std::filesystem::path& path, int error) {
  fail(ErrorKind::kRuntime, "cannot write " + path.string() + ": " + std::strerror(error));
}

void write_all(int fd, std::span<const std::byte> bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail_write(path, written < 0 ? errno : ENOSPC);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

constexpr const char* kTemporaryEnd = ".tmp";

/// A neighbour that no other writer of this or another process uses: FILE.PROCESS-NUMBER.tmp.
std::string temporary_name(const std::filesystem::path& path) {
  static std::atomic<unsigned> counter{0};
  return path.string() + "." + std::to_string(::getpid()) + "-" + std::to_string(counter++) + kTemporaryEnd;
}

/// /dev/null, /dev/stdout, a named pipe: nothing to keep whole, and nothing that may be replaced by a file.
bool is_device_or_pipe(const std::filesystem::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

void write_in_place(const std::filesystem::path& path, const std::function<void(const ByteSink&)>& produce) {
  const Descriptor fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (fd.get() < 0) fail_write(path, errno);
  produce([&](std::span<const std::byte> bytes) { write_all(fd.get(), bytes, path); });
}

void sync_folder_of(const std::filesystem::path& path) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() >= 0) ::fsync(fd.get());  // best effort: some file systems refuse to sync folders
}

}  // namespace

void write_atomically(const std::filesystem::path& path, const std::function<void(const ByteSink&)>& produce) {
  if (is_device_or_pipe(path)) return write_in_place(path, produce);
  const std::string temporary = temporary_name(path);
  Descriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (fd.get() < 0) fail_write(path, errno);
  try {
    produce([&](std::span<const std::byte> bytes) { write_all(fd.get(), bytes, path); });
    if (::fsync(fd.get()) != 0) fail_write(path, errno);
    if (::close(fd.release()) != 0) fail_write(path, errno);
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail_write(path, errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_folder_of(path);
}

void write_atomically(const std::filesystem::path& path, std::string_view text) {
  write_atomically(path, [&](const ByteSink& sink) { sink(std::as_bytes(std::span(text))); });
}

void replace_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) fail_write(to, errno);
  sync_folder_of(to);
}

bool is_temporary_name(const std::filesystem::path& path) {
  if (path.extension() != kTemporaryEnd) return false;
  const std::string middle = path.stem().extension().string();  // ".PROCESS-NUMBER"
  return middle.size() >= 4 && middle.find('-') != std::string::npos &&
         middle.find_first_not_of("0123456789-", 1) == std::string::npos;
}

std::string read_file(const std::filesystem::path& path, std::uint64_t limit) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) fail(ErrorKind::kData, "cannot open " + path.string() + ": " + std::strerror(errno));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || S_ISDIR(status.st_mode)) {
    fail_data(path.string(), "cannot be read", "a file", "a folder");
  }
  std::string out;
  char block[1 << 16];
  for (;;) {
    const ssize_t got = ::read(fd.get(), block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(ErrorKind::kData, "cannot read " + path.string() + ": " + std::strerror(errno));
    if (got == 0) return out;
    out.append(block, static_cast<std::size_t>(got));
    if (out.size() > limit) {
      fail_data(path.string(), "file too large", "at most " + std::to_string(limit) + " bytes", "more");
    }
  }
}

}  // namespace mdd
