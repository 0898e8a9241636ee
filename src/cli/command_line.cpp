#include <algorithm>
#include <cstring>

#include "cli/command.h"

namespace mdd::cli {
namespace {

std::string kept;

bool needs_no_quotes(const std::string& word) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::strchr("_-./,:=+@%", c) != nullptr;
  };
  return !word.empty() && std::all_of(word.begin(), word.end(), plain);
}

std::string quoted(const std::string& word) {
  if (needs_no_quotes(word)) return word;
  std::string out = "'";
  for (const char letter : word) out += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return out + "'";
}

}  // namespace

void keep_command_line(int argc, char** argv) {
  kept.clear();
  for (int i = 0; i < argc; ++i) kept += (i > 0 ? " " : "") + quoted(argv[i]);
}

std::string command_line() { return kept; }

}  // namespace mdd::cli
