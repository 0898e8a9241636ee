#include "data/layouts/csv.h"

#include <algorithm>
#include <utility>

#include "core/atomic_file.h"
#include "core/error.h"
#include "data/layouts/untrusted.h"

namespace mdd::data::layouts {
namespace {

constexpr std::size_t kMaxColumns = 256;

}  // namespace

CsvTable::CsvTable(const std::filesystem::path& path) : path_(path.string()), text_(read_file(path, kMaxListBytes)) {
  if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
  if (!read_record(header_)) fail_data(path_, "header", "a line with the names of the columns", "an empty file");
  for (std::string& name : header_) name = lower_case(std::move(name));
  for (std::size_t i = 0; i < header_.size(); ++i) {
    if (!header_[i].empty() && *column(header_[i]) != i) {
      fail_data(where(), "header", "every column once", in_quotes(header_[i]) + " twice");
    }
  }
}

std::optional<std::size_t> CsvTable::column(const std::string& name) const {
  const auto found = std::find(header_.begin(), header_.end(), name);
  if (found == header_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header_.begin());
}

std::size_t CsvTable::required_column(const std::string& name) const {
  const std::optional<std::size_t> found = column(name);
  if (found) return *found;
  std::string names;
  for (const std::string& one : header_) names += (names.empty() ? "" : ", ") + one;
  fail_data(where(), "header", "a column " + name, "the columns " + in_quotes(names));
}

bool CsvTable::next(std::vector<std::string>& fields) {
  if (!read_record(fields)) return false;
  if (fields.size() != header_.size()) {
    fail_data(where(), "record", std::to_string(header_.size()) + " fields as in the header",
              std::to_string(fields.size()));
  }
  return true;
}

std::string CsvTable::where() const { return path_ + ":" + std::to_string(record_line_); }

bool CsvTable::read_record(std::vector<std::string>& fields) {
  while (at_ < text_.size()) {
    record_line_ = line_;
    const std::size_t begin = at_;
    fields.clear();
    bool more = true;
    while (more) {
      if (fields.size() == kMaxColumns) fail_data(where(), "record", "at most 256 fields", "more");
      more = read_field(fields.emplace_back());
    }
    const bool blank = fields.size() == 1 && fields[0].empty() && text_[begin] != '"';
    if (!blank) return true;
  }
  return false;
}

/// Reads up to the comma or the end of the line and past it; true if it was a comma.
bool CsvTable::read_field(std::string& field) {
  skip_spaces();
  if (at_ < text_.size() && text_[at_] == '"') {
    read_quoted(field);
  } else {
    const std::size_t begin = at_;
    while (!at_line_end() && text_[at_] != ',') {
      if (text_[at_] == '"') {
        fail_data(where(), "quoting", "a field with quotes in quotes, its own quotes doubled", "a quote inside");
      }
      ++at_;
    }
    std::size_t end = at_;
    while (end > begin && (text_[end - 1] == ' ' || text_[end - 1] == '\t')) --end;
    field.assign(text_, begin, end - begin);
  }
  if (!at_line_end()) {
    ++at_;
    return true;
  }
  if (at_ < text_.size()) {
    at_ += text_[at_] == '\r' ? 2 : 1;
    ++line_;
  }
  return false;
}

void CsvTable::read_quoted(std::string& field) {
  for (++at_; at_ < text_.size(); ++at_) {
    if (text_[at_] == '"' && (at_ + 1 >= text_.size() || text_[at_ + 1] != '"')) {
      ++at_;
      skip_spaces();
      if (!at_line_end() && text_[at_] != ',') {
        fail_data(where(), "quoting", "a comma or the end of the line after a closing quote", "other text");
      }
      return;
    }
    if (text_[at_] == '"') ++at_;  // doubled
    if (text_[at_] == '\n') ++line_;
    field += text_[at_];
  }
  fail_data(where(), "quoting", "a closing quote", "the end of the file");
}

void CsvTable::skip_spaces() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
}

bool CsvTable::at_line_end() const {
  if (at_ >= text_.size() || text_[at_] == '\n') return true;
  return text_[at_] == '\r' && (at_ + 1 >= text_.size() || text_[at_ + 1] == '\n');
}

}  // namespace mdd::data::layouts
