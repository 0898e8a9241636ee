#include "tests/tour/pages.h"

#include <fstream>
#include <map>
#include <optional>
#include <regex>
#include <sstream>
#include <utility>

namespace mdd::tour {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolders[] = {"src", "cuda", "weights", "tests", "bench"};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(' '), last = text.find_last_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

/// Every file of the tree below the folders of our own, with its text where it is source.
const std::map<fs::path, std::string>& tree(const fs::path& root) {
  static std::map<fs::path, std::map<fs::path, std::string>> trees;
  auto [at, fresh] = trees.try_emplace(root);
  for (const char* folder : kFolders) {
    if (!fresh) break;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (!entry.is_regular_file()) continue;
      const std::string kind = entry.path().extension().string();
      const bool source = kind == ".h" || kind == ".cpp" || kind == ".cu" || kind == ".cuh";
      at->second.emplace(entry.path().lexically_relative(root), source ? contents(entry.path()) : "");
    }
  }
  return at->second;
}

/// Whether a call or definition of the function is in the text.
bool has_function(const std::string& text, const std::string& name) {
  const std::size_t colons = name.rfind("::");
  const std::string own = colons == std::string::npos ? name : name.substr(colons + 2);
  const std::string owner = colons == std::string::npos ? "" : name.substr(0, colons);
  return std::regex_search(text, std::regex("\\b" + own + "\\s*\\(")) &&
         (owner.empty() || std::regex_search(text, std::regex("\\b" + owner + "\\b")));
}

/// The file's lines between // [region] and // [end], without the indentation of the first marker.
std::optional<std::string> region_of(const std::string& text, const std::string& region) {
  std::string out;
  std::optional<std::size_t> indentation;
  for (const std::string& line : lines_of(text)) {
    if (!indentation) {
      if (trimmed(line) == "// [" + region + "]") indentation = line.find('/');
      continue;
    }
    if (trimmed(line) == "// [end]") return out;
    out += line.substr(std::min(line.size(), *indentation)) + '\n';
  }
  return std::nullopt;
}

class Page {
 public:
  Page(fs::path root, fs::path folder) : root_(std::move(root)), folder_(std::move(folder)) {}

  void read(const std::string& text) {
    bool in_code = false, is_cpp = false;
    std::string code;
    for (const std::string& line : lines_of(text)) {
      ++line_;
      if (line.starts_with("```")) {
        if (!in_code) {
          is_cpp = line == "```cpp";
          code.clear();
        } else if (is_cpp) {
          check_block(code);
        }
        in_code = !in_code;
      } else if (in_code) {
        code += line + '\n';
      } else if (!line.starts_with("    ")) {  // an indented line is a command
        read_line(line);
      }
    }
  }

  PageReport report;

 private:
  void read_line(const std::string& line) {
    static const std::regex kMarker(R"(<!-- (\S+) \[(\w+)\] -->)"), kSpan("`([^`]+)`");
    static const std::regex kItem(R"(^(\d+\. |\| |- |\*\*).*)");
    std::smatch marker;
    if (std::regex_match(line, marker, kMarker)) {
      source_ = marker[1];
      region_ = marker[2];
      return;
    }
    if (line.empty() || std::regex_match(line, kItem)) file_.clear();  // a new paragraph
    for (auto at = std::sregex_iterator(line.begin(), line.end(), kSpan); at != std::sregex_iterator(); ++at) {
      check_span((*at)[1]);
    }
  }

  void check_span(const std::string& span) {
    static const std::regex kFunction(R"(([A-Za-z_]\w*(?:::\w+)*)\(\))");
    static const std::regex kFile(R"([\w.\-/]+\.(h|cpp|cu|cuh|md|sh|py|txt|cmake))");
    static const std::regex kFolder(R"((src|cuda|tests|bench|weights)(/[\w\-]+)*/?|[\w\-]+/)");
    std::smatch function;
    if (std::regex_match(span, function, kFunction)) {
      ++report.functions;
      check_function(function[1]);
    } else if (std::regex_match(span, kFile) || std::regex_match(span, kFolder)) {
      ++report.files;
      check_file(span);
    }
  }

  void check_file(const std::string& name) {
    file_.clear();
    for (const fs::path& candidate : {fs::path(name), folder_ / name, folder_ / "kernels" / name}) {
      if (!fs::exists(root_ / candidate)) continue;
      file_ = candidate.lexically_normal();
      return;
    }
    for (const auto& [path, text] : tree(root_)) {
      if (path.filename() == name) return;  // a bare name, somewhere
    }
    mistake("no such file: " + name);
  }

  void check_function(const std::string& name) {
    if (!file_.empty() && fs::is_regular_file(root_ / file_)) {
      if (!has_function(contents(root_ / file_), name)) mistake("no " + name + "() in " + file_.string());
      return;
    }
    for (const auto& [path, text] : tree(root_)) {
      if (has_function(text, name)) return;
    }
    mistake("no such function: " + name);
  }

  void check_block(const std::string& code) {
    ++report.blocks;
    const std::string source = std::exchange(source_, ""), region = std::exchange(region_, "");
    if (source.empty()) return mistake("code that says not where it is from");
    if (!fs::is_regular_file(root_ / source)) return mistake("no such file: " + source);
    const auto expected = region_of(contents(root_ / source), region);
    if (!expected) return mistake("no region [" + region + "] in " + source);
    if (*expected != code) mistake("not what " + source + " has in [" + region + "]");
  }

  void mistake(const std::string& text) { report.mistakes.push_back("line " + std::to_string(line_) + ": " + text); }

  fs::path root_, folder_, file_;
  std::string source_, region_;
  int line_ = 0;
};

}  // namespace

std::string contents(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

PageReport read_page(const fs::path& root, const fs::path& folder, const std::string& text) {
  Page page(root, folder);
  page.read(text);
  return page.report;
}

}  // namespace mdd::tour
