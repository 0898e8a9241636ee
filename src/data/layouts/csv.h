// CSV files as RFC 4180 describes them, with the habits of real programs: a byte order mark, CRLF or LF, blank lines.
#pragma once
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mdd::data::layouts {

/// A table with a header. Column names are compared in lower case and may stand in any order; spaces around unquoted
/// fields are dropped; blank lines are passed over. Every error is an Error(kData) that begins with "PATH:LINE".
class CsvTable {
 public:
  /// Reads the file (at most kMaxListBytes) and its header. Throws if there is none, or if a column comes twice.
  explicit CsvTable(const std::filesystem::path& path);

  /// Names in lower case, in the file's order.
  [[nodiscard]] const std::vector<std::string>& header() const { return header_; }
  [[nodiscard]] std::optional<std::size_t> column(const std::string& name) const;
  /// Throws, naming the columns that are there, if it is not.
  [[nodiscard]] std::size_t required_column(const std::string& name) const;

  /// The next record into `fields`, as many as the header has; false at the end. Throws for another number of fields
  /// and for wrong quoting.
  [[nodiscard]] bool next(std::vector<std::string>& fields);
  /// "PATH:LINE" of the record that next() gave last.
  [[nodiscard]] std::string where() const;

 private:
  bool read_record(std::vector<std::string>& fields);
  bool read_field(std::string& field);
  void read_quoted(std::string& field);
  void skip_spaces();
  [[nodiscard]] bool at_line_end() const;

  std::string path_;
  std::string text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;         ///< of text_[at_]
  std::size_t record_line_ = 1;  ///< where the last record begins
  std::vector<std::string> header_;
};

}  // namespace mdd::data::layouts
