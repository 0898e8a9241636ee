#include "eval/spool_file.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "core/error.h"

namespace mdd::eval {
namespace {

/// Linux moves at most 2 GiB a call.
constexpr std::size_t kMostAtOnce = std::size_t{1} << 30;

std::filesystem::path system_folder() {
  std::error_code error;
  std::filesystem::path folder = std::filesystem::temp_directory_path(error);
  if (error) {
    fail(ErrorKind::kRuntime,
         "temporary file for anomaly maps: expected TMPDIR to name a folder, found: " + error.message());
  }
  return folder;
}

}  // namespace

SpoolFile::SpoolFile(const std::filesystem::path& folder) : folder_(folder.empty() ? system_folder() : folder) {
  std::string name = (folder_ / "mddnet-maps-XXXXXX").string();
  descriptor_ = mkostemp(name.data(), O_CLOEXEC);
  if (descriptor_ < 0) {
    fail(ErrorKind::kRuntime, "temporary file for anomaly maps: cannot create one in " + folder_.string() + ": " +
                                  std::strerror(errno) + "; TMPDIR names another folder");
  }
  unlink(name.c_str());
}

SpoolFile::~SpoolFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

SpoolFile::SpoolFile(SpoolFile&& other) noexcept
    : folder_(std::move(other.folder_)), descriptor_(std::exchange(other.descriptor_, -1)), size_(other.size_) {}

SpoolFile& SpoolFile::operator=(SpoolFile&& other) noexcept {
  std::swap(folder_, other.folder_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(size_, other.size_);
  return *this;
}

void SpoolFile::fail_with(const char* action, std::size_t bytes, int error) const {
  fail(ErrorKind::kRuntime, "temporary file for anomaly maps in " + folder_.string() + ": cannot " + action + " " +
                                std::to_string(bytes) + " bytes: " + std::strerror(error) +
                                "; TMPDIR names another folder");
}

std::uint64_t SpoolFile::append(std::span<const std::byte> bytes) {
  const std::uint64_t at = size_;
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), kMostAtOnce);
    const ssize_t written = pwrite(descriptor_, bytes.data(), count, static_cast<off_t>(size_));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail_with("write", bytes.size(), written < 0 ? errno : ENOSPC);
    size_ += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return at;
}

void SpoolFile::read(std::uint64_t offset, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), kMostAtOnce);
    const ssize_t got = pread(descriptor_, bytes.data(), count, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail_with("read", bytes.size(), got < 0 ? errno : EIO);
    offset += static_cast<std::uint64_t>(got);
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace mdd::eval
