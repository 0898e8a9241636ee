// Text that a list or an index file brings along: shown, used as a name, used as a path. Such files come from anywhere.
#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace mdd::data::layouts {

/// Limits for lists and index files, checked before or while they are read.
inline constexpr std::size_t kMaxListBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxListedImages = 2'000'000;

/// In double quotes and fit for one line of a terminal: control characters become \xHH, long text is cut.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// A class or a kind of defect, which becomes part of output paths: not empty, at most 200 bytes, no slash, no
/// backslash, no control character, not "." and not "..". Returns `text`; throws Error(kData) saying `where` and
/// `what`.
[[nodiscard]] std::string checked_name(const std::string& text, const std::string& where, const char* what);

/// root / text, normalised. Throws Error(kData) if `text` is empty, absolute, leaves `root` by "..", is longer than a
/// path may be, or holds control characters. Links below `root` are the file system's affair and are followed.
[[nodiscard]] std::filesystem::path path_inside(const std::filesystem::path& root, const std::string& text,
                                                const std::string& where, const char* what);

[[nodiscard]] std::string lower_case(std::string text);

}  // namespace mdd::data::layouts
