#include "cuda/dnn/plan_cache.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "core/atomic_file.h"
#include "core/error.h"

namespace mdd::cuda {
namespace {

constexpr std::string_view kHeading = "mddnet convolution engines ";
constexpr std::string_view kFormat = "1";
constexpr std::uint64_t kLargestFile = 16 << 20;
constexpr std::size_t kMostKnobs = 64;

/// The text before the first `separator`, which is taken off with it; all of it if there is none.
std::string_view take(std::string_view& text, char separator) {
  const std::size_t at = text.find(separator);
  const std::string_view head = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return head;
}

/// A number that is not negative and fills the whole text.
std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<EngineChoice> parse_choice(std::string_view text) {
  EngineChoice choice;
  const auto engine = number(take(text, '\t'));
  if (!engine) return std::nullopt;
  choice.engine = *engine;
  while (!text.empty()) {
    std::string_view pair = take(text, ' ');
    const auto knob = number(take(pair, '='));
    const auto value = number(pair);
    if (!knob || !value || choice.knobs.size() == kMostKnobs) return std::nullopt;
    choice.knobs.emplace_back(*knob, *value);
  }
  return choice;
}

std::string text_of(const EngineChoice& choice) {
  std::string out = std::to_string(choice.engine) + "\t";
  for (const auto& [knob, value] : choice.knobs) {
    if (out.back() != '\t') out += ' ';
    out.append(std::to_string(knob)).append("=").append(std::to_string(value));
  }
  return out;
}

}  // namespace

PlanCache::PlanCache(std::filesystem::path path) : path_(std::move(path)), choices_(read().choices) {}

std::optional<EngineChoice> PlanCache::find(const std::string& key) const {
  const auto found = choices_.find(key);
  if (found == choices_.end()) return std::nullopt;
  return found->second;
}

PlanCache::Contents PlanCache::read() const {
  Contents out;
  std::error_code error;
  if (path_.empty() || !std::filesystem::exists(path_, error)) return out;
  std::string whole;
  try {
    whole = read_file(path_, kLargestFile);
  } catch (const Error&) {
    return {{}, false};
  }
  std::string_view rest = whole;
  std::string_view heading = take(rest, '\n');
  if (!whole.empty() && !heading.starts_with(kHeading)) return {{}, false};
  // Another format is ours to replace, but its lines mean something else.
  if (heading.substr(std::min(heading.size(), kHeading.size())) != kFormat) return out;
  while (!rest.empty()) {
    std::string_view line = take(rest, '\n');
    const std::string_view key = take(line, '\t');
    if (auto choice = parse_choice(line); choice && !key.empty()) {
      out.choices.insert_or_assign(std::string(key), std::move(*choice));
    }
  }
  return out;
}

void PlanCache::store(const std::string& key, const EngineChoice& choice) {
  require(!key.empty() && key.find_first_of("\t\n") == std::string::npos, "a plan's key is one line");
  choices_.insert_or_assign(key, choice);
  if (path_.empty()) return;
  Contents on_disk = read();
  if (!on_disk.ours) return;
  on_disk.choices.erase(key);
  choices_.merge(on_disk.choices);  // ours win
  try {
    write();
  } catch (const Error&) {
    // A read-only home or a full disk: the next run searches again.
  }
}

void PlanCache::write() const {
  if (path_.has_parent_path()) {
    std::error_code ignored;  // the write that follows reports what matters
    std::filesystem::create_directories(path_.parent_path(), ignored);
  }
  std::string out = std::string(kHeading) + std::string(kFormat) + "\n";
  for (const auto& [key, choice] : choices_) out.append(key).append("\t").append(text_of(choice)).append("\n");
  write_atomically(path_, out);
}

}  // namespace mdd::cuda
