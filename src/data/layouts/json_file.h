// JSON files of unknown origin: bounded in bytes, values and depth, with errors that say where.
#pragma once
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace mdd::data::layouts {

/// Throws Error(kData) for a file of more than kMaxListBytes, for text that is no JSON (naming the line), for more than
/// 16 levels and for more values than kMaxListedImages images can have.
[[nodiscard]] nlohmann::json read_json(const std::filesystem::path& path);

/// "a string", "a number", "null", ..., "nothing" for a null pointer.
[[nodiscard]] std::string kind_of(const nlohmann::json* value);

/// entry[key], or a null pointer.
[[nodiscard]] const nlohmann::json* find(const nlohmann::json& entry, const char* key);

/// entry[key] as text. Throws Error(kData) unless it is a string.
[[nodiscard]] std::string required_text(const nlohmann::json& entry, const char* key, const std::string& where);

}  // namespace mdd::data::layouts
