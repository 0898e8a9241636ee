// lab: runs every version of every page, or of those whose names contain one of the arguments, and prints a table of
// each as Markdown. Exit status as in core/error.h: 0 ok, 1 run-time failure, 2 no such page, 5 a version is off.
#include <algorithm>
#include <cstdio>
#include <span>

#include "bench/lab/support/measure.h"
#include "core/error.h"

namespace {

using namespace mdd;

void print(const std::string& name, const lab::Table& table) {
  std::printf("\n## %s\n\n%s\n\n| | version |", name.c_str(), table.problem.c_str());
  for (const std::string& column : table.columns) std::printf(" %s |", column.c_str());
  std::printf(" error |\n|---|---|");
  for (std::size_t i = 0; i < table.columns.size(); ++i) std::printf("---:|");
  std::printf("---:|\n");
  for (const lab::Result& result : table.results) {
    std::printf("| %s | %s |", result.version.c_str(), result.summary.c_str());
    for (const std::string& cell : result.cells) std::printf(" %s |", cell.c_str());
    std::printf(" %s |\n", lab::scientific(result.error).c_str());
  }
  std::fflush(stdout);
}

bool is_wanted(const std::string& page, std::span<char* const> wanted) {
  return wanted.empty() ||
         std::ranges::any_of(wanted, [&](const char* part) { return page.find(part) != std::string::npos; });
}

int run(std::span<char* const> wanted) {
  std::printf("%s\n", lab::machine().c_str());
  bool found = false;
  for (const lab::Entry& entry : lab::kPages) {
    if (!is_wanted(entry.name, wanted)) continue;
    found = true;
    print(entry.name, lab::measure(entry));
  }
  if (!found) fail(ErrorKind::kUsage, "pages: expected a part of a name such as 07_convolution, found none that fits");
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return run(std::span(arguments, static_cast<std::size_t>(count)).subspan(1));
  } catch (const mdd::Error& error) {
    std::fprintf(stderr, "lab: %s\n", error.what());
    return mdd::exit_code(error.kind());
  }
}
