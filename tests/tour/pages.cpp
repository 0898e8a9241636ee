#include "tests/tour/pages.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>
#include <optional>
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

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Whether the text has the word, followed by an opening parenthesis if `called`.
bool has_word(const std::string& text, const std::string& word, bool called) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if (at > 0 && is_word(text[at - 1])) continue;
    if (end < text.size() && is_word(text[end])) continue;
    if (!called || (end < text.size() && text[end] == '(')) return true;
  }
  return false;
}

/// Whether a call or definition of the function is in the text, and its class too, if it has one.
bool has_function(const std::string& text, const std::string& name) {
  const std::size_t colons = name.rfind("::");
  if (colons == std::string::npos) return has_word(text, name, true);
  return has_word(text, name.substr(colons + 2), true) && has_word(text, name.substr(0, colons), false);
}

/// The name in "name()" or "Class::name()".
std::optional<std::string> function_in(const std::string& span) {
  if (!span.ends_with("()") || span.size() == 2) return std::nullopt;
  const std::string name = span.substr(0, span.size() - 2);
  const bool fits = std::ranges::all_of(name, [](char c) { return is_word(c) || c == ':'; });
  return fits ? std::optional(name) : std::nullopt;
}

/// "a/b.cpp", "b.cuh", "src/model", "kernels/".
bool is_path(const std::string& span) {
  static constexpr const char* kKinds[] = {".h", ".cpp", ".cu", ".cuh", ".md", ".sh", ".py", ".txt", ".cmake"};
  const bool fits = std::ranges::all_of(span, [](char c) { return is_word(c) || c == '.' || c == '-' || c == '/'; });
  if (!fits) return false;
  if (std::ranges::any_of(kKinds, [&](const char* kind) { return span.ends_with(kind); })) return true;
  if (std::ranges::count(span, '/') == 1 && span.ends_with('/')) return true;
  return std::ranges::any_of(kFolders, [&](const std::string folder) { return span.starts_with(folder + '/'); }) &&
         fs::path(span).extension().empty();
}

/// Whether the line begins a paragraph, an item of a list or a row of a table.
bool begins_paragraph(const std::string& line) {
  const std::size_t digits = line.find_first_not_of("0123456789");
  return line.empty() || line[0] == '|' || line.starts_with("- ") || line.starts_with("**") ||
         (digits > 0 && digits != std::string::npos && line.compare(digits, 2, ". ") == 0);
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
    if (read_marker(line)) return;
    if (begins_paragraph(line)) file_.clear();
    for (std::size_t at = line.find('`'); at != std::string::npos; at = line.find('`', at + 1)) {
      const std::size_t end = line.find('`', at + 1);
      if (end == std::string::npos) return;
      check_span(line.substr(at + 1, end - at - 1));
      at = end;
    }
  }

  /// <!-- file [region] -->
  bool read_marker(const std::string& line) {
    std::istringstream words(line);
    std::string open, file, region, close;
    words >> open >> file >> region >> close;
    if (open != "<!--" || close != "-->" || !region.starts_with('[') || !region.ends_with(']')) return false;
    source_ = file;
    region_ = region.substr(1, region.size() - 2);
    return true;
  }

  void check_span(const std::string& span) {
    if (const auto function = function_in(span)) {
      ++report.functions;
      check_function(*function);
    } else if (is_path(span)) {
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
