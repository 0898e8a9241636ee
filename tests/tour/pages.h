// Reads the guided tour: pages in Markdown that name files and functions in code spans, and show code of the tree.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace mdd::tour {

struct PageReport {
  std::vector<std::string> mistakes;         ///< a line each
  int files = 0, functions = 0, blocks = 0;  ///< that the page names or shows
};

/// What a page, which lies in `folder` of the tree `root`, names, and what is wrong with it:
/// - a span that names a file ("a/b.cpp", "b.cuh", "a/b/") must be one of the tree, from its root or the page's folder;
/// - a span that names a function ("name()", "Class::name()") must occur, followed by a parenthesis, in the file that
/// the
///   same paragraph named last, or somewhere in the tree where it named none;
/// - a block of C++ must follow a line <!-- file [region] --> and be what the file has between the lines // [region]
/// and
///   // [end].
[[nodiscard]] PageReport read_page(const std::filesystem::path& root, const std::filesystem::path& folder,
                                   const std::string& text);

[[nodiscard]] std::string contents(const std::filesystem::path& file);

}  // namespace mdd::tour
