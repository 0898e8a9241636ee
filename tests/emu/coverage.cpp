// Which kernels of a folder were never launched: reads their declarations out of the source.
#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "tests/emu/emulator.h"

namespace emu {
namespace {

struct Kernel {
  std::string name;
  std::optional<std::size_t> storage_parameter;  ///< place of `class T` in the template's parameter list
};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// The text without comments and preprocessor lines.
std::string code_only(const std::string& text) {
  std::string code;
  bool line_begins = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "//") == 0 || (line_begins && text[i] == '#')) {
      while (i < text.size() && (text[i] != '\n' || text[i - 1] == '\\')) ++i;
      code += '\n';
      line_begins = true;
      continue;
    }
    if (text.compare(i, 2, "/*") == 0) {
      i = std::min(text.find("*/", i + 2), text.size() - 2) + 1;
      continue;
    }
    if (text[i] == '\n') {
      line_begins = true;
    } else if (std::isspace(static_cast<unsigned char>(text[i])) == 0) {
      line_begins = false;
    }
    code += text[i];
  }
  return code;
}

/// Just behind the bracket that closes the one at `open`.
std::size_t behind_bracket(const std::string& code, std::size_t open, char left, char right) {
  int depth = 0;
  for (std::size_t i = open; i < code.size(); ++i) {
    if (code[i] == left) ++depth;
    if (code[i] == right && --depth == 0) return i + 1;
  }
  throw Error("unbalanced " + std::string(1, left) + " in a kernel's declaration");
}

/// What stands between commas that no bracket encloses, without white space around it.
std::vector<std::string> parts(const std::string& list) {
  std::vector<std::string> all(1);
  int depth = 0;
  for (const char c : list) {
    if (c == '<' || c == '(') ++depth;
    if (c == '>' || c == ')') --depth;
    if (c == ',' && depth == 0) {
      all.emplace_back();
    } else if (!all.back().empty() || std::isspace(static_cast<unsigned char>(c)) == 0) {
      all.back() += c;
    }
  }
  for (std::string& part : all) {
    while (!part.empty() && std::isspace(static_cast<unsigned char>(part.back())) != 0) part.pop_back();
  }
  return all;
}

/// The name after __global__: the word before the parameter list, past attributes and __launch_bounds__(...).
std::string declared_name(const std::string& code, std::size_t at) {
  std::string word;
  while (at < code.size()) {
    if (is_word(code[at])) {
      const std::size_t first = at;
      while (at < code.size() && is_word(code[at])) ++at;
      word = code.substr(first, at - first);
    } else if (code[at] == '[') {
      at = behind_bracket(code, at, '[', ']');
    } else if (code[at] == '(') {
      if (!word.starts_with("__")) return word;
      at = behind_bracket(code, at, '(', ')');
    } else {
      ++at;
    }
  }
  throw Error("__global__ without a function behind it");
}

/// Place of `class T` in the template line that belongs to the declaration at `at`.
std::optional<std::size_t> storage_parameter(const std::string& code, std::size_t at) {
  const std::size_t before = code.find_last_of(";{}", at);
  const std::string prefix = code.substr(before == std::string::npos ? 0 : before + 1, at - (before + 1));
  const std::size_t line = prefix.find("template");
  if (line == std::string::npos) return std::nullopt;
  const std::size_t open = prefix.find('<', line);
  const std::vector<std::string> parameters =
      parts(prefix.substr(open + 1, behind_bracket(prefix, open, '<', '>') - open - 2));
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i] == "class T" || parameters[i] == "typename T") return i;
  }
  return std::nullopt;
}

std::vector<Kernel> declared_kernels(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".cuh") files.push_back(entry.path());
  }
  if (files.empty()) throw Error(folder + ": expected kernels (*.cuh), found none");
  std::sort(files.begin(), files.end());
  std::vector<Kernel> kernels;
  for (const auto& file : files) {
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    const std::string code = code_only(text.str());
    static constexpr std::string_view kQualifier = "__global__";
    for (std::size_t at = code.find(kQualifier); at != std::string::npos; at = code.find(kQualifier, at + 1)) {
      kernels.push_back({declared_name(code, at + kQualifier.size()), storage_parameter(code, at)});
    }
  }
  return kernels;
}

/// "mdd::kernels::add<float, true>" -> {"add", {"float", "true"}}.
std::pair<std::string, std::vector<std::string>> split_name(const std::string& full) {
  const std::size_t open = full.find('<');
  std::string name = full.substr(0, open);
  if (const std::size_t colons = name.rfind("::"); colons != std::string::npos) name.erase(0, colons + 2);
  if (open == std::string::npos) return {name, {}};
  return {name, parts(full.substr(open + 1, full.size() - open - 2))};
}

}  // namespace

std::vector<std::string> missing_kernels(const std::string& folder) {
  std::vector<std::pair<std::string, std::vector<std::string>>> seen;
  for (const auto& [name, statistics] : launched()) seen.push_back(split_name(name));
  std::vector<std::string> missing;
  for (const Kernel& kernel : declared_kernels(folder)) {
    if (!kernel.storage_parameter) {
      if (std::none_of(seen.begin(), seen.end(), [&](const auto& one) { return one.first == kernel.name; })) {
        missing.push_back(kernel.name);
      }
      continue;
    }
    for (const char* const type : {"float", "__half", "__nv_bfloat16"}) {
      const auto with_type = [&](const auto& one) {
        const std::size_t place = *kernel.storage_parameter;
        return one.first == kernel.name && place < one.second.size() && one.second[place] == type;
      };
      if (std::none_of(seen.begin(), seen.end(), with_type)) missing.push_back(kernel.name + "<" + type + ">");
    }
  }
  return missing;
}

}  // namespace emu
