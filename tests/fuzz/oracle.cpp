#include "fuzz/oracle.h"

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

#include "support/temporary_folder.h"

namespace mdd::fuzz {

void give_up(const std::string& what) {
  std::fprintf(stderr, "fuzz: %s\n", what.c_str());
  std::abort();
}

void check_refusal(const Error& error) {
  const std::string_view text = error.what();
  if (error.kind() != ErrorKind::kData) give_up("bad data gives an error of another kind: " + std::string(text));
  if (text.size() > 4096) give_up("a message of " + std::to_string(text.size()) + " bytes");
  for (const char letter : text) {
    const auto value = static_cast<unsigned char>(letter);
    if (value < 0x20 || value == 0x7f) give_up("a control character in a message: " + std::string(text));
  }
}

const std::filesystem::path& place() {
  static const test::TemporaryFolder folder;
  return folder.path();
}

std::filesystem::path put(const std::string& name, Bytes content) {
  std::filesystem::path path = place() / name;
  ::unlink(path.c_str());  // some file systems flush a truncated file to disk when it is closed
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 || ::write(file, content.data(), content.size()) != static_cast<ssize_t>(content.size())) {
    give_up("cannot write " + path.string());
  }
  ::close(file);
  return path;
}

}  // namespace mdd::fuzz
