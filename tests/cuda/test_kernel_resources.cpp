// Registers and shared memory of every kernel, as ptxas reported them during this build, against the committed table
// cuda/kernels/resources.txt. A kernel that spills or needs a stack frame fails; a changed number fails with the same
// compiler, so that a jump shows in a review. MDDNET_WRITE_TABLE=1 writes the table anew.
#include <algorithm>
#include <cstdlib>
#include <cxxabi.h>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>

namespace {

struct Usage {
  int registers = -1, shared_bytes = 0, stack_bytes = 0, spilled_bytes = 0;
  [[nodiscard]] std::string text() const { return std::to_string(registers) + "/" + std::to_string(shared_bytes); }
};
/// kernel -> architecture ("sm_90") -> usage.
using Table = std::map<std::string, std::map<std::string, Usage>>;

const std::filesystem::path kTable = std::filesystem::path(MDDNET_SOURCE_DIR) / "cuda/kernels/resources.txt";
const std::string kNamespace = "mdd::kernels::";

/// "_ZN3mdd7kernels3addI..." -> "add<float, 4>"; empty for kernels that are not ours.
std::string kernel_name(const std::string& mangled) {
  int status = 0;
  char* text = abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status);
  const std::string whole = status == 0 ? text : mangled;
  std::free(text);
  const std::size_t begin = whole.find(kNamespace);
  if (begin == std::string::npos || whole.find("cub::") < begin) return "";
  std::string name;
  int depth = 0;
  for (std::size_t i = begin + kNamespace.size(); i < whole.size(); ++i) {
    const char c = whole[i];
    if (c == '(' && depth == 0) break;
    depth += c == '<' ? 1 : c == '>' ? -1 : 0;
    name += c;
  }
  for (std::size_t at; (at = name.find(kNamespace)) != std::string::npos;) name.erase(at, kNamespace.size());
  return name;
}

void read_log(const std::filesystem::path& path, Table& table) {
  static const std::regex entry("Compiling entry function '([^']+)' for '([^']+)'");
  static const std::regex frame("(\\d+) bytes stack frame, (\\d+) bytes spill stores, (\\d+) bytes spill loads");
  static const std::regex used("Used (\\d+) registers");
  static const std::regex shared("(\\d+) bytes smem");
  std::ifstream file(path);
  std::smatch match;
  Usage* current = nullptr;
  for (std::string line; std::getline(file, line);) {
    if (std::regex_search(line, match, entry)) {
      const std::string name = kernel_name(match[1]);
      current = name.empty() ? nullptr : &table[name][match[2]];
    } else if (current != nullptr && std::regex_search(line, match, frame)) {
      current->stack_bytes = std::stoi(match[1]);
      current->spilled_bytes = std::stoi(match[2]) + std::stoi(match[3]);
    } else if (current != nullptr && std::regex_search(line, match, used)) {
      current->registers = std::stoi(match[1]);
      if (std::regex_search(line, match, shared)) current->shared_bytes = std::stoi(match[1]);
    }
  }
}

Table compiled() {
  Table table;
  for (const auto& file : std::filesystem::recursive_directory_iterator(MDDNET_CUDA_LOGS)) {
    if (file.path().extension() == ".resources") read_log(file.path(), table);
  }
  return table;
}

/// "name | sm_80 32/0 | sm_90 34/0" lines.
Table committed(std::string& compiler) {
  Table table;
  std::ifstream file(kTable);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("# nvcc ")) compiler = line.substr(7, line.find(':') - 7);
    if (line.empty() || line[0] == '#') continue;
    std::stringstream columns(line);
    std::string name, column;
    std::getline(columns, name, '|');
    name.erase(name.find_last_not_of(' ') + 1);
    while (std::getline(columns, column, '|')) {
      std::string architecture;
      char slash = 0;
      Usage usage;
      std::stringstream(column) >> architecture >> usage.registers >> slash >> usage.shared_bytes;
      table[name][architecture] = usage;
    }
  }
  return table;
}

void write_table(const Table& table) {
  std::ofstream file(kTable);
  file << "# nvcc " << MDDNET_NVCC_VERSION
       << ": registers a thread / bytes of static shared memory a block, by architecture.\n"
       << "# No kernel spills or needs a stack frame. Written by tests/cuda/test_kernel_resources.cpp.\n";
  std::size_t width = 0;
  for (const auto& [name, usages] : table) width = std::max(width, name.size());
  for (const auto& [name, usages] : table) {
    file << name << std::string(width - name.size(), ' ');
    for (const char* architecture : {"sm_80", "sm_90"}) {
      file << " | " << architecture << " " << usages.at(architecture).text();
    }
    file << "\n";
  }
}

}  // namespace

TEST_CASE("no kernel spills or needs a stack frame") {
  const Table table = compiled();
  REQUIRE(table.size() > 30);
  for (const auto& [name, usages] : table) {
    for (const auto& [architecture, usage] : usages) {
      CHECK_MESSAGE(usage.registers > 0, name, " ", architecture);
      CHECK_MESSAGE(usage.stack_bytes == 0, name, " ", architecture, ": stack frame of ", usage.stack_bytes, " bytes");
      CHECK_MESSAGE(usage.spilled_bytes == 0, name, " ", architecture, ": spills ", usage.spilled_bytes, " bytes");
    }
  }
}

TEST_CASE("registers and shared memory are those of the committed table") {
  const Table now = compiled();
  if (std::getenv("MDDNET_WRITE_TABLE") != nullptr) write_table(now);
  std::string compiler;
  const Table table = committed(compiler);
  if (compiler != MDDNET_NVCC_VERSION) {
    MESSAGE("skipped: the table is of nvcc ", compiler, ", this is " MDDNET_NVCC_VERSION);
    return;
  }
  for (const auto& [name, usages] : now) {
    const auto row = table.find(name);
    CHECK_MESSAGE(row != table.end(), name, " is not in the table");
    if (row == table.end()) continue;
    for (const auto& [architecture, expected] : row->second) {
      const auto found = usages.find(architecture);
      if (found == usages.end()) continue;  // not compiled for it in this build
      CHECK_MESSAGE(found->second.text() == expected.text(), name, " ", architecture, ": table ", expected.text(),
                    ", now ", found->second.text());
    }
  }
  for (const auto& [name, usages] : table) CHECK_MESSAGE(now.contains(name), name, " is in the table, but gone");
}
