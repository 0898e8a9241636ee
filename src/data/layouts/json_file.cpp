#include "data/layouts/json_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "core/error.h"
#include "data/layouts/untrusted.h"

namespace mdd::data::layouts {
namespace {

using Json = nlohmann::json;
constexpr int kMaxDepth = 16;
constexpr std::size_t kMaxValues = 8 * kMaxListedImages;

[[noreturn]] void fail_broken(const std::string& path, const std::string& text, const Json::parse_error& error) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(error.byte, text.size()));
  const auto line = 1 + std::count(text.begin(), end, '\n');
  std::string reason = error.what();
  const std::size_t begin = reason.find(": ");  // after the library's own name of the error and the position
  if (begin != std::string::npos) reason.erase(0, begin + 2);
  fail_data(path + ":" + std::to_string(line), "broken JSON", "a whole JSON document", in_quotes(reason));
}

}  // namespace

Json read_json(const std::filesystem::path& path) {
  const std::string text = read_file(path, kMaxListBytes);
  std::size_t values = 0;
  const auto bounded = [&](int depth, Json::parse_event_t event, const Json&) {
    const bool opens = event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    if (opens && depth >= kMaxDepth) fail_data(path.string(), "JSON", "at most 16 levels of nesting", "more");
    if ((opens || event == Json::parse_event_t::value) && ++values > kMaxValues) {
      fail_data(path.string(), "JSON", "at most " + std::to_string(kMaxValues) + " values", "more");
    }
    return true;
  };
  try {
    return Json::parse(text, bounded);
  } catch (const Json::parse_error& error) {
    fail_broken(path.string(), text, error);
  } catch (const Json::exception& error) {
    fail_data(path.string(), "JSON", "a readable document", in_quotes(error.what()));
  }
}

std::string kind_of(const Json* value) {
  if (value == nullptr) return "nothing";
  if (value->is_null()) return "null";
  const std::string name = value->type_name();
  return (name == "array" || name == "object" ? "an " : "a ") + name;
}

const Json* find(const Json& entry, const char* key) {
  const auto found = entry.find(key);
  return found == entry.end() ? nullptr : &*found;
}

std::string required_text(const Json& entry, const char* key, const std::string& where) {
  const Json* value = find(entry, key);
  if (value == nullptr || !value->is_string()) fail_data(where, key, "a string", kind_of(value));
  return value->get<std::string>();
}

}  // namespace mdd::data::layouts
