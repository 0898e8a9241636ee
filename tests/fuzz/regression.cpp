// Every harness over every file of its corpus: seeds, and what once broke a reader.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "fuzz/harnesses.h"

int main() {
  for (const mdd::fuzz::Harness& harness : mdd::fuzz::kHarnesses) {
    const std::filesystem::path folder = std::filesystem::path(MDDNET_SOURCE_DIR "/tests/fuzz/corpus") / harness.name;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    if (files.empty()) {
      std::fprintf(stderr, "%s is empty\n", folder.c_str());
      return 1;
    }
    for (const std::filesystem::path& path : files) {
      std::printf("%s\n", path.c_str());
      std::fflush(stdout);  // if this is the one that breaks, its name has to be there
      std::ifstream file(path, std::ios::binary);
      const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
      harness.run({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    }
  }
  return 0;
}
